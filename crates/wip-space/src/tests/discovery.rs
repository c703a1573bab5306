//! Discovery: what it adds to a Space, and the list of control planes written anew.

use std::collections::BTreeSet;

use crate::{
    Beside, Code, Discovered, Discovery, EditError, HostNamespace, parse, parse_with,
    with_control_planes,
};

const ONE: &str = "706c49fa-5bb8-4a7e-9f41-2fc38ef4b065";
const TWO: &str = "1b6d2f5e-8c4e-4d3a-9d55-7a0f1c2b3d4e";

/// A Space with that under `spec`, before its identity.
fn space(lines: &str) -> String {
    format!(
        r#"apiVersion: wip/v1alpha1
kind: Space
metadata: {{ name: demo }}
spec:
  clusters:
    - {{ name: one, eks: {{ account: "111122223333", region: eu-west-1, cluster: one }} }}
{lines}  # Who may reach what.
  identities:
    backup:
      method: irsa
      access:
        - s3: {{ bucket: acme, region: eu-west-1 }}
"#
    )
}

fn of_id(group: &str, name: &str, id: &str) -> Discovered {
    Discovered {
        group: group.to_owned(),
        name: name.to_owned(),
        host_namespace: HostNamespace::OfId(id.to_owned()),
    }
}

fn named(group: &str, name: &str, namespace: &str) -> Discovered {
    Discovered {
        group: group.to_owned(),
        name: name.to_owned(),
        host_namespace: HostNamespace::Named(namespace.to_owned()),
    }
}

fn beside(found: &[Discovered]) -> Beside {
    Beside {
        discovered: Some(found.iter().cloned().collect()),
        ..Beside::default()
    }
}

fn discovery(groups: &[&str]) -> Discovery {
    Discovery {
        cluster: "one".to_owned(),
        context: None,
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    }
}

fn names(text: &str, beside: &Beside) -> Vec<String> {
    let space = parse_with("space.yaml", text.as_bytes(), beside).unwrap();
    let planes = space.control_planes.iter();
    planes
        .map(|plane| format!("{}/{}", plane.group, plane.name))
        .collect()
}

#[test]
fn what_is_found_comes_after_what_is_listed() {
    let text = space(&format!(
        "  discovery: {{ context: prod }}\n  controlPlanes:\n    - {{ group: b, name: two, id: {TWO} }}\n"
    ));
    let space = parse("space.yaml", text.as_bytes()).unwrap();
    let expected = Discovery {
        context: Some("prod".to_owned()),
        ..discovery(&[])
    };
    assert_eq!(space.discovery, Some(expected));
    assert_eq!(names(&text, &Beside::default()), ["b/two"]);
    let found = [of_id("b", "two", TWO), of_id("a", "one", ONE)];
    assert_eq!(names(&text, &beside(&found)), ["b/two", "a/one"]);
    // What nobody asked for is not added.
    assert_eq!(names(&self::space(""), &beside(&found)), [""; 0]);
}

#[test]
fn names_are_taken_on_trust_until_somebody_has_looked() {
    let text = space("  discovery: {}\n").replace(
        "      method: irsa\n",
        "      method: irsa\n      controlPlanes: { names: [a/one] }\n",
    );
    parse("space.yaml", text.as_bytes()).unwrap();
    parse_with(
        "space.yaml",
        text.as_bytes(),
        &beside(&[of_id("a", "one", ONE)]),
    )
    .unwrap();
    let problems = parse_with("space.yaml", text.as_bytes(), &beside(&[])).unwrap_err();
    assert_eq!(problems[0].code, Code::UnknownControlPlane);
}

#[test]
fn a_control_plane_that_was_made_anew_is_not_the_one_that_the_file_means() {
    let text = space(&format!(
        "  discovery: {{}}\n  controlPlanes:\n    - {{ group: a, name: one, id: {ONE} }}\n"
    ));
    for found in [of_id("a", "one", TWO), of_id("a", "other", ONE)] {
        let problems = parse_with("space.yaml", text.as_bytes(), &beside(&[found])).unwrap_err();
        assert_eq!(problems[0].code, Code::Contradiction, "{problems:?}");
    }
}

#[test]
fn it_must_be_clear_which_cluster_is_read() {
    let two = space(
        "    - { name: two, eks: { account: \"111122223333\", region: eu-west-1, cluster: two } }\n  discovery: {}\n",
    );
    let problems_of = |text: &str| -> Vec<Code> {
        let problems = parse("space.yaml", text.as_bytes()).unwrap_err();
        problems.iter().map(|problem| problem.code).collect()
    };
    assert_eq!(problems_of(&two), [Code::WhichCluster]);
    let unknown = two.replace("discovery: {}", "discovery: { cluster: twoo }");
    assert_eq!(problems_of(&unknown), [Code::UnknownCluster]);
    let none = two.replace("discovery: {}", "discovery: { cluster: two, groups: [] }");
    assert_eq!(problems_of(&none), [Code::EmptyList]);
}

#[test]
fn the_list_keeps_its_comments_and_its_order() {
    let before = space(&format!(
        "  controlPlanes:   # by team\n    # the first\n    - {{ group: b, name: two, id: {TWO} }}  # old\n    # of team a\n    - group: a\n      name: one\n      # see the wiki\n      hostNamespace: a-one\n    # gone soon\n    - {{ group: c, name: three, hostNamespace: c-three }}\n\n    # the end\n"
    ));
    let found = [
        of_id("b", "two", ONE),
        named("a", "one", "a-one"),
        named("a", "1e3", "a-1e3"),
    ];
    let found: BTreeSet<Discovered> = found.into_iter().collect();
    let after = with_control_planes(&before, &discovery(&[]), &found).unwrap();
    let expected = space(&format!(
        "  controlPlanes:   # by team\n    # the first\n    - {{ group: b, name: two, id: {ONE} }}  # old\n    # of team a\n    - group: a\n      name: one\n      # see the wiki\n      hostNamespace: a-one\n    # gone soon\n    - {{ group: a, name: \"1e3\", hostNamespace: a-1e3 }}\n\n    # the end\n"
    ));
    assert_eq!(after, expected);
    // Once more changes nothing.
    let again = with_control_planes(&after, &discovery(&[]), &found).unwrap();
    assert_eq!(again, expected);
}

#[test]
fn what_was_not_read_is_left_alone() {
    let before = space(&format!(
        "  controlPlanes:\n    - {{ group: b, name: two, id: {TWO} }}\n    - {{ group: a, name: one, id: {ONE} }}\n"
    ));
    let after = with_control_planes(&before, &discovery(&["a"]), &BTreeSet::new()).unwrap();
    let expected = space(&format!(
        "  controlPlanes:\n    - {{ group: b, name: two, id: {TWO} }}\n"
    ));
    assert_eq!(after, expected);
}

#[test]
fn a_list_is_begun_emptied_and_filled_again() {
    let found = BTreeSet::from([of_id("a", "one", ONE)]);
    let line = format!("    - {{ group: a, name: one, id: {ONE} }}\n");
    let filled = space(&format!("  controlPlanes:\n{line}"));
    let begun = with_control_planes(&space(""), &discovery(&[]), &found).unwrap();
    assert_eq!(begun, filled);
    let empty = with_control_planes(&filled, &discovery(&[]), &BTreeSet::new()).unwrap();
    assert_eq!(empty, space("  controlPlanes: []\n"));
    let again = with_control_planes(&empty, &discovery(&[]), &found).unwrap();
    assert_eq!(again, filled);
}

#[test]
fn endings_of_lines_stay_as_they_are() {
    let before = space(&format!(
        "  controlPlanes:\n    - {{ group: b, name: two, id: {TWO} }}\n"
    ));
    let found = BTreeSet::from([of_id("a", "one", ONE), of_id("b", "two", TWO)]);
    let plain = with_control_planes(&before, &discovery(&[]), &found).unwrap();
    let windows = with_control_planes(&before.replace('\n', "\r\n"), &discovery(&[]), &found);
    assert_eq!(windows.unwrap(), plain.replace('\n', "\r\n"));
}

#[test]
fn a_list_on_one_line_is_left_to_people() {
    let before = space(&format!(
        "  controlPlanes: [{{ group: b, name: two, id: {TWO} }}]\n"
    ));
    let found = BTreeSet::from([of_id("a", "one", ONE)]);
    let lines = vec![format!("- {{ group: a, name: one, id: {ONE} }}")];
    assert_eq!(
        with_control_planes(&before, &discovery(&[]), &found),
        Err(EditError::ByHand { lines })
    );
    assert_eq!(
        with_control_planes("spec: [", &discovery(&[]), &found),
        Err(EditError::Unreadable)
    );
}
