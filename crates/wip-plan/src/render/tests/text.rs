//! Plans as people read them.

use insta::assert_snapshot;

use super::sample::{
    HEADING, VERBOSE, blocked, create, delete, grant, note, plan, shown, step, update,
};
use crate::render::{Options, changes, json as printed, markdown, text};
use crate::testing::{address, json, kinds};
use crate::{Action, Blocked, Plan, Relation, Step};

const BACKUP: &str = r#"{"trust":{"who":["sa:one:x","sa:two:x"]},"policy":{"may":["s3 read, write acme/prod/*","s3 list acme"]},"path":"/","max":3600,"attach":["arn:x"],"tags":{"a":"b"}}"#;

fn everything() -> Plan {
    let policy = r#"{"statements":{"A":{"effect":"Allow","action":["*"],"resource":["*"]}}}"#;
    let mut plan = plan(vec![
        create("backup", BACKUP),
        update(
            "secrets",
            r#"{"trust":{"who":["sa:one:x"]}}"#,
            r#"{"trust":{"who":["sa:one:x","sa:two:x"]}}"#,
            r#"{"trust":{"who":["sa:one:x"]}}"#,
        ),
        update(
            "billing",
            &format!(r#"{{"policies":{{"backdoor":{policy}}}}}"#),
            r#"{"policies":{}}"#,
            r#"{"policies":{}}"#,
        ),
        delete(
            "old",
            r#"{"trust":{"who":["sa:one:x"]},"policy":{"may":["read b"]}}"#,
        ),
    ]);
    plan.unchanged = ["u", "v"].map(|name| address("t/role", name)).into();
    plan.blocked = vec![blocked("held", "exists and is not ours")];
    plan.notes = vec![
        note(
            "WIP0301",
            None,
            "--target leaves out 1 of the plan: t/role:s/x",
        ),
        note("WIP0310", Some("secrets"), "17 of 18 subjects fit"),
        note("WIP0311", Some("elsewhere"), "is encrypted"),
    ];
    plan.grants = vec![grant("sa:one:x", "read", "b")];
    plan
}

#[test]
fn a_plan_says_who_gains_what_and_who_changed_it() {
    assert_snapshot!(shown(&everything()), @r#"
    s · 2 control planes · aws 111122223333

    + t/role:s/backup
        who    sa:one:x
               sa:two:x
        may    s3 list         acme
               s3 read, write  acme/prod/*
        attach arn:x
        max    3600
        path   /
    ~ t/role:s/secrets                                                   changed
        trust  + sa:two:x
               17 of 18 subjects fit
    ~ t/role:s/billing                                                   drifted
        policies - backdoor  (not ours: Allow * on *)
    - t/role:s/old
        who    sa:one:x
        may    read  b

    blocked
    ! t/role:s/held
        exists and is not ours

    note[WIP0301] --target leaves out 1 of the plan: t/role:s/x
    note[WIP0311] t/role:s/elsewhere: is encrypted

    1 to create · 2 to update · 0 to replace · 1 to delete · 2 unchanged · 1 blocked
    grants 1 · revokes 0
    "#);
}

#[test]
fn an_empty_plan_says_so() {
    assert_snapshot!(shown(&plan(Vec::new())), @r#"
    s · 2 control planes · aws 111122223333

    0 to create · 0 to update · 0 to replace · 0 to delete · 0 unchanged
    "#);
}

#[test]
fn edits_say_where_and_what() {
    let statement = |resource: &str| {
        format!(
            r#"{{"effect":"Allow","action":["s3:Get","s3:Put"],"resource":["{resource}"],"condition":{{"StringLike":{{"s3:prefix":["a","b"]}},"Bool":{{"tls":true}}}}}}"#
        )
    };
    let live = format!(
        r#"{{"policies":{{"wip":{{"statements":{{"Gone":{},"Kept":{}}}}}}},"max":3600,"attach":["arn:x"],"boundary":"b","flag":true}}"#,
        statement("r1"),
        statement("r2"),
    );
    let wanted = format!(
        r#"{{"policies":{{"wip":{{"statements":{{"Kept":{},"New":{}}}}},"second":{{"x":{{"y":1}}}}}},"max":7200,"attach":["arn:y"],"flag":true}}"#,
        statement("r3"),
        statement("r4"),
    );
    let mixed = update("a", &live, &wanted, &live.replace("3600", "1"));
    assert_snapshot!(shown(&plan(vec![mixed])), @r#"
    s · 2 control planes · aws 111122223333

    ~ t/role:s/a                                                         changed, drifted
        attach   + arn:y  (changed)
                 - arn:x  (changed)
        boundary - b  (changed)
        max      ~ 3600 → 7200  (changed, drifted)
        policies + second  x: {y: 1}  (changed)
                 - wip.Gone  Allow s3:Get, s3:Put on r1 when Bool tls true and StringLike s3:prefix a or b  (changed)
                 + wip.Kept.resource  r3  (changed)
                 - wip.Kept.resource  r2  (changed)
                 + wip.New  Allow s3:Get, s3:Put on r4 when Bool tls true and StringLike s3:prefix a or b  (changed)

    0 to create · 1 to update · 0 to replace · 0 to delete · 0 unchanged
    "#);
}

#[test]
fn the_other_actions_say_what_they_are() {
    let with = |relation, reason: Option<&str>, action| Step {
        relation,
        reason: reason.map(str::to_owned),
        ..step(action, "a")
    };
    let taken_back = Step {
        reason: Some("bears our mark, and the state does not know it: taken back".to_owned()),
        action: Action::Adopt,
        ..update("b", r#"{"x":1}"#, r#"{"x":2}"#, r#"{"x":1}"#)
    };
    let moved = Step {
        moved_from: Some(address("t/role", "old")),
        reason: Some("renamed; only the state is behind".to_owned()),
        ..step(Action::Adopt, "new")
    };
    let replaced = [
        Step {
            replace: true,
            reason: Some("`path` cannot be changed in place".to_owned()),
            ..delete("r", r#"{"path":"/","who":["x"]}"#)
        },
        Step {
            action: Action::Create,
            replace: true,
            before: None,
            ..update(
                "r",
                r#"{"path":"/"}"#,
                r#"{"path":"/x/"}"#,
                r#"{"path":"/"}"#,
            )
        },
    ];
    let mut steps = vec![
        with(Relation::Adopted, None, Action::Adopt),
        with(Relation::Shared, None, Action::Adopt),
        with(
            Relation::Made,
            Some("already so; only the state is behind"),
            Action::Adopt,
        ),
        taken_back,
        moved,
        with(
            Relation::Adopted,
            Some("was adopted, so it stays"),
            Action::Forget,
        ),
        with(Relation::Shared, None, Action::Delete),
        with(
            Relation::Made,
            Some("its mark was taken off"),
            Action::Update,
        ),
    ];
    steps.extend(replaced);
    assert_snapshot!(shown(&plan(steps)), @r#"
    s · 2 control planes · aws 111122223333

    = t/role:s/a                                                         adopted
    = t/role:s/a                                                         shared
    = t/role:s/a                                                         state only
        why    already so; only the state is behind
    = t/role:s/b                                                         taken back
        x      ~ 1 → 2
        why    bears our mark, and the state does not know it: taken back
    = t/role:s/new                                                       moved
        from   t/role:s/old
        why    renamed; only the state is behind
    · t/role:s/a                                                         forgotten
        why    was adopted, so it stays
    - t/role:s/a                                                         our part
    ~ t/role:s/a                                                         mark
        why    its mark was taken off
    - t/role:s/r                                                         replaced
        why    `path` cannot be changed in place
    + t/role:s/r                                                         replaced
        path   ~ / → /x/

    0 to create · 1 to update · 1 to replace · 1 to delete · 5 to adopt · 1 to forget · 0 unchanged
    "#);
}

#[test]
fn long_lists_are_folded_unless_all_is_asked_for() {
    let who: Vec<String> = (10..35).map(|i| format!(r#""sa:{i}""#)).collect();
    let doc = format!(
        r#"{{"trust":{{"who":[{}]}},"policy":{{"may":["read b"]}}}}"#,
        who.join(",")
    );
    let plan = plan(vec![create("a", &doc)]);
    let folded = shown(&plan);
    assert!(
        folded.contains("sa:29\n           … and 5 more\n    may    read  b\n"),
        "{folded}"
    );
    assert!(!folded.contains("sa:30"));
    let kinds = kinds();
    let all = text(&plan, HEADING, &kinds, VERBOSE);
    assert!(all.contains("sa:34"), "{all}");
    assert!(!all.contains("more"));
}

#[test]
fn verbose_adds_the_documents_as_unified_diffs() {
    let plan = plan(vec![
        update(
            "a",
            r#"{"who":["x"],"a":1,"b":2,"c":3,"d":4,"e":{"f":[]}}"#,
            r#"{"who":["x","y"],"a":1,"b":2,"c":3,"d":4,"e":{"f":[]}}"#,
            r#"{}"#,
        ),
        create("b", r#"{"x":1}"#),
        delete("c", r#"{"x":1}"#),
    ]);
    let kinds = kinds();
    assert_snapshot!(text(&plan, HEADING, &kinds, VERBOSE), @r#"
    s · 2 control planes · aws 111122223333

    ~ t/role:s/a                                                         changed
        who    + y
        @@ -6,3 +6,4 @@
           f: []
         who:
           - x
        +  - y
    + t/role:s/b
        x      1
        @@ -0,0 +1 @@
        +x: 1
    - t/role:s/c
        @@ -1 +0,0 @@
        -x: 1

    1 to create · 1 to update · 0 to replace · 1 to delete · 0 unchanged
    "#);
}

#[test]
fn colour_is_around_words_and_nothing_else_changes() {
    let kinds = kinds();
    let options = Options {
        color: true,
        verbose: false,
    };
    let mut coloured = text(&everything(), HEADING, &kinds, options);
    assert!(
        coloured.contains("\u{1b}[32m+\u{1b}[0m t/role:s/backup"),
        "{coloured}"
    );
    for code in ["[32m", "[31m", "[33m", "[2m", "[1m", "[0m"] {
        coloured = coloured.replace(&format!("\u{1b}{code}"), "");
    }
    assert_eq!(coloured, shown(&everything()));
}

#[test]
fn sensitive_values_are_not_printed() {
    let mut plan = plan(vec![
        create("a", r#"{"token":"s3cret","x":1}"#),
        update("b", r#"{"token":"s3cret"}"#, r#"{"token":"s3cret2"}"#, "{}"),
        update("c", r#"{}"#, r#"{"token":{"deep":"s3cret"}}"#, "{}"),
        delete("d", r#"{"token":["s3cret"]}"#),
    ]);
    let held = update("e", r#"{"token":"s3cret"}"#, r#"{"token":"s3cret3"}"#, "{}");
    plan.blocked = vec![Blocked {
        held: vec![held],
        ..blocked("e", "held back")
    }];
    let kinds = kinds();
    let all = [
        text(&plan, HEADING, &kinds, VERBOSE),
        markdown(&plan, HEADING, &kinds),
        serde_json::to_string(&printed(&plan, &kinds)).expect("JSON"),
    ];
    for shown in all {
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("(sensitive)"));
    }
}

#[test]
fn what_a_cloud_says_cannot_act_on_a_terminal() {
    let evil = "\\u001b[2J\\u0007\\u009b31m\\u202egnp\\u200b\\r\\n+ t/role:s/fake\\u2028";
    let doc = format!(r#"{{"who":["{evil}"],"may":["{evil}"],"{evil}":{{"{evil}":"{evil}"}}}}"#);
    let other = doc.replace("[2J", "[3J");
    let mut plan = plan(vec![
        create("a", &doc),
        update("b", &doc, &other, &doc),
        delete("c", &doc),
    ]);
    let raw: String = serde_json::from_str(&format!("\"{evil}\"")).expect("a text");
    plan.steps[0].reason = Some(raw.clone());
    plan.blocked = vec![blocked("held", &raw)];
    plan.notes = vec![
        note("WIP0399", None, &raw),
        note("WIP0399", Some("b"), &raw),
    ];
    plan.grants = vec![grant(&raw, &raw, &raw)];
    let kinds = kinds();
    let out = text(&plan, &raw, &kinds, VERBOSE) + &markdown(&plan, &raw, &kinds);
    let bad = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{200b}\u{2028}".contains(c));
    assert!(!out.contains(bad), "{out:?}");
    assert!(
        !out.lines().any(|line| line.starts_with("+ t/role:s/fake")),
        "{out}"
    );
    assert!(json(&doc) != json(&other));
}

#[test]
fn what_changed_between_two_looks_is_one_line() {
    let said = |before: &str, after: &str| {
        let kinds = kinds();
        changes(&json(before), &json(after), kinds.get("t/role"))
    };
    let one = r#"{"trust":{"who":["sa:one:x"]},"max":1,"token":"old"}"#;
    let changed = [
        one.replace(r#""sa:one:x""#, r#""sa:one:x","sa:evil:x""#),
        one.replace(r#""max":1"#, r#""max":2"#)
            .replace(r#""sa:one:x""#, ""),
        one.replace("old", "new"),
        one.to_owned(),
    ];
    let lines = changed.map(|after| said(one, &after)).join("\n");
    assert_snapshot!(lines, @r"
    trust + sa:evil:x
    max ~ 1 → 2, and 1 more
    token ~ (sensitive) → (sensitive)
    it is another one now
    ");
}
