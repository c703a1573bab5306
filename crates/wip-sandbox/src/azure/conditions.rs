//! Conditions of a right to write role assignments: which roles may be given to whom.
//!
//! Reads the form that "Examples to delegate Azure role assignment management with conditions" has, and nothing else: a condition that is not read is refused where it is set, so that none counts as true unseen.
//! Source: "Azure role assignment condition format and syntax" (operators, attribute sources); "Authorization actions and attributes".
//! Not here: whose rights they are (`rights.rs`).

/// What a condition is asked about: a role assignment that is made, or one that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    /// `@Request` or `@Resource`.
    pub(crate) source: &'static str,
    /// GUID of the role.
    pub(crate) role: String,
    /// Object id of who has it.
    pub(crate) principal: String,
    /// `ServicePrincipal`, `User`, `Group`.
    pub(crate) principal_type: String,
}

/// Whether a condition lets an action be done; nothing where it cannot be read.
pub(crate) fn holds(condition: &str, action: &str, subject: &Subject) -> Option<bool> {
    let mut reading = Reading {
        rest: condition,
        action,
        subject,
    };
    let holds = reading.expression()?;
    reading.rest.trim_start().is_empty().then_some(holds)
}

struct Reading<'a> {
    rest: &'a str,
    action: &'a str,
    subject: &'a Subject,
}

impl<'a> Reading<'a> {
    fn takes(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn until(&mut self, end: char) -> Option<&'a str> {
        let (text, rest) = self.rest.split_once(end)?;
        self.rest = rest;
        Some(text)
    }

    /// Terms with one operator between them: what mixes them without parentheses is not read.
    fn expression(&mut self) -> Option<bool> {
        let mut holds = self.term()?;
        let mut used = None;
        loop {
            let operator = match (self.takes("AND"), used) {
                (true, _) => "AND",
                (false, _) if self.takes("OR") => "OR",
                _ => return Some(holds),
            };
            if used.is_some_and(|used| used != operator) {
                return None;
            }
            used = Some(operator);
            let other = self.term()?;
            holds = match operator {
                "AND" => holds && other,
                _ => holds || other,
            };
        }
    }

    fn term(&mut self) -> Option<bool> {
        if self.takes("!") {
            return self.term().map(|holds| !holds);
        }
        if self.takes("(") {
            let holds = self.expression()?;
            return self.takes(")").then_some(holds);
        }
        if self.takes("ActionMatches{") {
            let action = self.until('}')?.trim().trim_matches('\'');
            return Some(super::rights::fits(action, self.action));
        }
        let source = ["@Request", "@Resource"]
            .into_iter()
            .find(|source| self.takes(source))?;
        let attribute = self.takes("[").then(|| self.until(']')).flatten()?;
        let subject = self.subject;
        let (operator, value) =
            match attribute.strip_prefix("Microsoft.Authorization/roleAssignments:")? {
                "RoleDefinitionId" => ("ForAnyOfAnyValues:GuidEquals", &subject.role),
                "PrincipalId" => ("ForAnyOfAnyValues:GuidEquals", &subject.principal),
                "PrincipalType" => (
                    "ForAnyOfAnyValues:StringEqualsIgnoreCase",
                    &subject.principal_type,
                ),
                _ => return None,
            };
        let values = (self.takes(operator) && self.takes("{")).then(|| self.until('}'));
        let mut values = values.flatten()?.split(',');
        let is_one = values.any(|one| one.trim().trim_matches('\'').eq_ignore_ascii_case(value));
        // An attribute of the other source has no value.
        Some(is_one && source == subject.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
    const DELETE: &str = "Microsoft.Authorization/roleAssignments/delete";
    const ONLY: &str = "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {aa, bb} AND @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}))";

    fn made(role: &str, principal_type: &str) -> Subject {
        Subject {
            source: "@Request",
            role: role.to_owned(),
            principal: "cc".to_owned(),
            principal_type: principal_type.to_owned(),
        }
    }

    #[test]
    fn who_may_be_given_what() {
        for (role, principal_type, action, wanted) in [
            ("aa", "ServicePrincipal", WRITE, true),
            ("BB", "serviceprincipal", WRITE, true),
            ("dd", "ServicePrincipal", WRITE, false),
            ("aa", "User", WRITE, false),
            ("aa", "", WRITE, false),
            ("dd", "User", DELETE, true),
        ] {
            let holds = holds(ONLY, action, &made(role, principal_type));
            assert_eq!(holds, Some(wanted), "{role} {principal_type} {action}");
        }
        let there = Subject {
            source: "@Resource",
            ..made("aa", "ServicePrincipal")
        };
        assert_eq!(holds(ONLY, WRITE, &there), Some(false));
    }

    #[test]
    fn what_is_not_understood_is_not_read() {
        for condition in [
            "",
            "(",
            "ActionMatches{'a'} AND",
            "ActionMatches{'a'} ActionMatches{'a'}",
            "ActionMatches{'a'} AND ActionMatches{'a'} OR ActionMatches{'a'}",
            "@Resource[Microsoft.Storage/storageAccounts:name] StringEquals 'a'",
            "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] GuidEquals {aa}",
            "@Environment[UtcNow] DateTimeGreaterThan '2026-01-01'",
        ] {
            let read = holds(condition, WRITE, &made("aa", "User"));
            assert_eq!(read, None, "{condition}");
        }
    }
}
