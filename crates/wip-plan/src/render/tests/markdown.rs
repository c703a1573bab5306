//! Plans as comments on a pull request.

use insta::assert_snapshot;

use super::sample::{HEADING, blocked, create, grant, plan};
use crate::Plan;
use crate::render::markdown;
use crate::testing::kinds;

fn shown(plan: &Plan) -> String {
    markdown(plan, HEADING, &kinds())
}

#[test]
fn a_comment_has_a_summary_a_table_and_the_plan_in_a_fence() {
    let mut plan = plan(vec![create(
        "a",
        r#"{"trust":{"who":["sa:x"]},"policy":{"may":["read b"]}}"#,
    )]);
    plan.grants = vec![grant("sa:x", "read", "b")];
    plan.revokes = vec![grant("sa:y", "read", "b")];
    plan.blocked = vec![blocked("held", "exists and is not ours")];
    assert_snapshot!(shown(&plan), @r#"
    ### `s · 2 control planes · aws 111122223333`

    1 to create · 0 to update · 0 to replace · 0 to delete · 0 unchanged · 1 blocked

    | who | | may | on | through |
    |---|---|---|---|---|
    | `sa:y` | loses | `read` | `b` | `t/role:s/a` |
    | `sa:x` | gains | `read` | `b` | `t/role:s/a` |

    **Blocked**

    - `t/role:s/held`: `exists and is not ours`

    <details><summary>The plan</summary>

    ```text
    s · 2 control planes · aws 111122223333

    + t/role:s/a
        who    sa:x
        may    read  b

    blocked
    ! t/role:s/held
        exists and is not ours

    1 to create · 0 to update · 0 to replace · 0 to delete · 0 unchanged · 1 blocked
    grants 1 · revokes 1
    ```

    </details>
    "#);
}

#[test]
fn values_cannot_leave_their_span_cell_or_fence() {
    let evil = "x` | <img src=x> ```\n```\n</details> @team **b** \\";
    let mut plan = plan(vec![create(
        "a",
        r#"{"who":["`````"],"may":["</details> x"]}"#,
    )]);
    plan.grants = vec![grant(evil, evil, evil)];
    plan.blocked = vec![blocked("held", evil)];
    let out = shown(&plan);
    let row = out
        .lines()
        .find(|line| line.contains("gains"))
        .expect("a row");
    assert_eq!(row.matches('|').count(), 6, "{row}");
    assert_eq!(row.matches('`').count(), 8, "{row}");
    let item = out
        .lines()
        .find(|line| line.starts_with("- `"))
        .expect("an item");
    assert_eq!(item.matches('`').count(), 4, "{item}");
    // Five back-quotes inside: six around, twice.
    assert_eq!(out.matches("\n``````").count(), 2, "{out}");
}

#[test]
fn a_comment_stays_within_what_a_forge_takes() {
    let who: Vec<String> = (0..400).map(|i| format!("sa:{i:0>100}")).collect();
    let doc = |who: &str| format!(r#"{{"who":["{who}"],"may":["read b"],"x":"{who}"}}"#);
    let mut plan = plan(who.iter().map(|who| create("a", &doc(who))).collect());
    plan.grants = who.iter().map(|who| grant(who, "read", "b")).collect();
    plan.blocked = who.iter().map(|who| blocked("b", &who.repeat(9))).collect();
    let out = shown(&plan);
    assert!(out.len() < 65_536, "{}", out.len());
    assert!(out.contains("… and 350 more\n"), "{out}");
    assert!(
        out.contains("more lines; wip plan shows all\n```\n"),
        "{out}"
    );
}
