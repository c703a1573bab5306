//! The JSON Schema of `wip permissions --json`.

use serde_json::{Value, json};

fn tenant_schema() -> Value {
    let names = |what: &str| {
        json!({
            "type": "array", "items": { "type": "string" }, "uniqueItems": true, "description": what,
        })
    };
    json!({
        "type": "object",
        "description": "Permissions of Microsoft Graph, by their names.",
        "properties": {
            "plan": names("What `wip plan` and `wip verify` need."),
            "apply": names("What `wip apply` and `wip destroy` need besides."),
        },
        "required": ["plan", "apply"],
        "additionalProperties": false,
    })
}

/// The JSON Schema of `wip permissions --json`, draft 2020-12.
pub(in crate::commands) fn schema() -> Value {
    let words = |minimum: usize| {
        json!({ "anyOf": [
        { "type": "string" },
        { "type": "array", "items": { "type": "string" }, "minItems": minimum, "uniqueItems": true },
    ] })
    };
    let policy = |what: &str| json!({ "$ref": "#/$defs/policy", "description": what });
    let more = |what: &str| {
        json!({
            "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/policy" }, "description": what,
        })
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Permissions",
        "description": "The least permissions that wip itself needs for a Space.",
        "type": "object",
        "properties": {
            "format": { "const": "wip-permissions/1" },
            "space": { "type": "string", "description": "The name of the Space." },
            "accounts": {
                "type": "object",
                "description": "By account id: every account that wip calls.",
                "propertyNames": { "pattern": "^[0-9]{12}$" },
                "additionalProperties": { "$ref": "#/$defs/account" },
            },
            "subscriptions": {
                "type": "object",
                "description": "By the id of a subscription: every one that wip calls; absent where there is none.",
                "additionalProperties": { "$ref": "#/$defs/subscription" },
            },
            "projects": {
                "type": "object",
                "description": "By the id of a project of Google Cloud: every one that wip calls; absent where there is none.",
                "additionalProperties": { "$ref": "#/$defs/project" },
            },
            "tenants": {
                "type": "object",
                "description": "By the id of a tenant of Microsoft Entra: every one in which wip calls Microsoft Graph; absent where there is none.",
                "additionalProperties": { "$ref": "#/$defs/tenant" },
            },
        },
        "required": ["format", "space", "accounts"],
        "additionalProperties": false,
        "$defs": {
            "account": {
                "type": "object",
                "properties": {
                    "assumes": {
                        "type": "string",
                        "description": "The ARN of the role that the file lets wip assume in the account.",
                    },
                    "plan": policy("What `wip plan` and `wip verify` need; absent where that is nothing."),
                    "planMore": more("The rest of `plan`, where it does not fit one managed policy."),
                    "apply": policy("What `wip apply` and `wip destroy` need besides; absent where that is nothing."),
                    "applyMore": more("The rest of `apply`, where it does not fit one managed policy."),
                    "optional": {
                        "type": "object",
                        "description": "By `Sid`: statements that wip can do without, and what becomes of a run then.",
                        "additionalProperties": { "type": "string" },
                    },
                },
                "additionalProperties": false,
            },
            "subscription": roles_schema("role", "version 2.0, so that only the Space's roles can be given with it"),
            "project": roles_schema("customRole", "so that only the Space's roles can be given with it"),
            "tenant": tenant_schema(),
            "role": role_schema(),
            "customRole": custom_role_schema(),
            "policy": {
                "type": "object",
                "description": "An IAM policy of at most 6,144 characters.",
                "properties": {
                    "Version": { "const": "2012-10-17" },
                    "Statement": { "anyOf": [
                        { "$ref": "#/$defs/statement" },
                        { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/statement" } },
                    ] },
                },
                "required": ["Version", "Statement"],
                "additionalProperties": false,
            },
            "statement": {
                "type": "object",
                "properties": {
                    "Sid": { "type": "string" },
                    "Effect": { "const": "Allow" },
                    "Action": words(1),
                    "Resource": words(1),
                    "Condition": { "type": "object" },
                },
                "required": ["Sid", "Effect", "Action", "Resource"],
                "additionalProperties": false,
            },
        },
    })
}

/// Roles of one sort, and what is said of their assignments.
fn roles_schema(role: &str, condition: &str) -> Value {
    let role = format!("#/$defs/{role}");
    let condition = format!("By the name of a role: the condition of its assignment, {condition}.");
    let roles = |what: &str| {
        json!({
            "type": "array", "minItems": 1, "items": { "$ref": role }, "description": what,
        })
    };
    json!({
        "type": "object",
        "properties": {
            "plan": roles("What `wip plan` and `wip verify` need: a role for each scope."),
            "apply": roles("What `wip apply` and `wip destroy` need besides; absent where that is nothing."),
            "conditions": {
                "type": "object",
                "description": condition,
                "additionalProperties": { "type": "string" },
            },
            "optional": {
                "type": "object",
                "description": "By the name of a role and by action or permission: what wip can do without, and what becomes of a run then.",
                "additionalProperties": { "type": "object", "additionalProperties": { "type": "string" } },
            },
        },
        "required": ["plan"],
        "additionalProperties": false,
    })
}

fn role_schema() -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true });
    json!({
        "type": "object",
        "description": "A custom role of Azure, as `az role definition create --role-definition` takes it.",
        "properties": {
            "Name": { "type": "string" },
            "IsCustom": { "const": true },
            "Description": { "type": "string" },
            "Actions": texts,
            "NotActions": { "type": "array", "maxItems": 0 },
            "DataActions": texts,
            "AssignableScopes": texts,
        },
        "required": ["Name", "IsCustom", "Description", "Actions", "NotActions", "AssignableScopes"],
        "additionalProperties": false,
    })
}

fn custom_role_schema() -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true });
    json!({
        "type": "object",
        "description": "A custom role of Google Cloud, as `gcloud iam roles create ID --project PROJECT --file` takes it.",
        "properties": {
            "title": { "type": "string" },
            "description": { "type": "string" },
            "stage": { "const": "GA" },
            "includedPermissions": texts,
        },
        "required": ["title", "description", "stage", "includedPermissions"],
        "additionalProperties": false,
    })
}
