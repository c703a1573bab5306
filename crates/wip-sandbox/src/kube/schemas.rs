//! The schemas of the custom resources, as far as anybody fills them in.
//!
//! Source: the CRDs of Spaces 1.17 in the public documentation of Upbound (`static/crds/space/v1.17`), read field by field.
//! Of `SharedSecretStore` only the providers of AWS, Azure and Google Cloud; the others are refused as unknown.

use serde_json::Value;

use super::call::{Objects, Refusal};
use crate::http::Request;

/// What a value must be like.
enum Shape {
    Text,
    /// A text of at least one character.
    Filled,
    OneOf(&'static [&'static str]),
    Number,
    Truth,
    /// A map or a value that is kept as it is.
    Any,
    /// A map from texts to texts.
    Texts,
    List(&'static Shape),
    Map {
        required: &'static [&'static str],
        fields: &'static [(&'static str, Shape)],
    },
}

use Shape::{Any, Filled, List, Map, Number, OneOf, Text, Texts, Truth};

const SECRET_REF: Shape = Map {
    required: &["name"],
    fields: &[("key", Text), ("name", Text), ("namespace", Text)],
};

const KEY_REF: Shape = Map {
    required: &[],
    fields: &[("key", Text), ("name", Text), ("namespace", Text)],
};

const ACCOUNT_REF: Shape = Map {
    required: &["name"],
    fields: &[
        ("audiences", List(&Text)),
        ("name", Text),
        ("namespace", Text),
    ],
};

const CREDENTIALS: Shape = Map {
    required: &["source"],
    fields: &[
        ("secretRef", SECRET_REF),
        ("source", OneOf(&["Secret", "InjectedIdentity"])),
    ],
};

const BACKUP_CONFIG: Shape = Map {
    required: &["objectStorage"],
    fields: &[(
        "objectStorage",
        Map {
            required: &["bucket", "credentials", "provider"],
            fields: &[
                ("bucket", Filled),
                ("config", Any),
                ("credentials", CREDENTIALS),
                ("prefix", Text),
                ("provider", OneOf(&["AWS", "Azure", "GCP"])),
            ],
        },
    )],
};

const SELECTOR: Shape = Map {
    required: &[],
    fields: &[
        (
            "labelSelectors",
            List(&Map {
                required: &[],
                fields: &[("matchExpressions", List(&Any)), ("matchLabels", Texts)],
            }),
        ),
        ("names", List(&Text)),
    ],
};

const AWS: Shape = Map {
    required: &["region", "service"],
    fields: &[
        ("additionalRoles", List(&Text)),
        (
            "auth",
            Map {
                required: &[],
                fields: &[
                    (
                        "jwt",
                        Map {
                            required: &[],
                            fields: &[("serviceAccountRef", ACCOUNT_REF)],
                        },
                    ),
                    (
                        "secretRef",
                        Map {
                            required: &[],
                            fields: &[
                                ("accessKeyIDSecretRef", KEY_REF),
                                ("secretAccessKeySecretRef", KEY_REF),
                                ("sessionTokenSecretRef", KEY_REF),
                            ],
                        },
                    ),
                ],
            },
        ),
        ("externalID", Text),
        ("prefix", Text),
        ("region", Text),
        ("role", Text),
        ("secretsManager", Any),
        ("service", OneOf(&["SecretsManager", "ParameterStore"])),
        ("sessionTags", List(&Any)),
        ("transitiveTagKeys", List(&Text)),
    ],
};

const AZURE: Shape = Map {
    required: &["vaultUrl"],
    fields: &[
        ("authSecretRef", Any),
        (
            "authType",
            OneOf(&["ServicePrincipal", "ManagedIdentity", "WorkloadIdentity"]),
        ),
        ("customCloudConfig", Any),
        (
            "environmentType",
            OneOf(&[
                "PublicCloud",
                "USGovernmentCloud",
                "ChinaCloud",
                "GermanCloud",
                "AzureStackCloud",
            ]),
        ),
        ("identityId", Text),
        ("serviceAccountRef", ACCOUNT_REF),
        ("tenantId", Text),
        ("useAzureSDK", Truth),
        ("vaultUrl", Text),
    ],
};

const GOOGLE: Shape = Map {
    required: &[],
    fields: &[
        (
            "auth",
            Map {
                required: &[],
                fields: &[
                    ("secretRef", Any),
                    (
                        "workloadIdentity",
                        Map {
                            required: &["serviceAccountRef"],
                            fields: &[
                                ("clusterLocation", Text),
                                ("clusterName", Text),
                                ("clusterProjectID", Text),
                                ("serviceAccountRef", ACCOUNT_REF),
                            ],
                        },
                    ),
                    ("workloadIdentityFederation", Any),
                ],
            },
        ),
        ("location", Text),
        ("projectID", Text),
        ("secretVersionSelectionPolicy", Text),
    ],
};

const SECRET_STORE: Shape = Map {
    required: &["controlPlaneSelector", "namespaceSelector", "provider"],
    fields: &[
        ("controlPlaneSelector", SELECTOR),
        ("namespaceSelector", SELECTOR),
        (
            "provider",
            Map {
                required: &[],
                fields: &[("aws", AWS), ("azurekv", AZURE), ("gcpsm", GOOGLE)],
            },
        ),
        ("refreshInterval", Number),
        ("retrySettings", Any),
        ("secretStoreMetadata", Any),
        ("secretStoreName", Text),
    ],
};

const CONTROL_PLANE: Shape = Map {
    required: &[],
    fields: &[
        ("class", Text),
        ("crossplane", Any),
        (
            "hostNamespace",
            Map {
                required: &["name"],
                fields: &[
                    ("deletionPolicy", OneOf(&["Delete", "Orphan"])),
                    ("name", Filled),
                ],
            },
        ),
        ("restore", Any),
        ("writeConnectionSecretToRef", Any),
    ],
};

/// Judges an object, and takes out what the schema does not know, or refuses it where the request says `Strict`.
pub(crate) fn check(request: &Request, objects: &Objects, body: &mut Value) -> Result<(), Refusal> {
    let kind = objects.resource.full_kind();
    let name = body["metadata"]["name"].as_str().unwrap_or_default();
    let name = name.to_owned();
    let mut faults = Faults::default();
    for map in ["labels", "annotations"] {
        if let Some(value) = body["metadata"].get_mut(map) {
            faults.check(&format!("metadata.{map}"), &Texts, value);
        }
    }
    let shape = match objects.resource.plural {
        "controlplanes" => Some(&CONTROL_PLANE),
        "sharedbackupconfigs" | "spacebackupconfigs" => Some(&BACKUP_CONFIG),
        "sharedsecretstores" => Some(&SECRET_STORE),
        _ => None,
    };
    if let Some(shape) = shape {
        match body.get_mut("spec") {
            Some(spec) => faults.check("spec", shape, spec),
            None => faults.invalid.push("spec: Required value".to_owned()),
        }
        if objects.resource.plural == "sharedsecretstores" {
            secret_store_rules(&body["spec"], &mut faults);
        } else if objects.resource.plural != "controlplanes" {
            backup_config_rules(&body["spec"], &mut faults);
        }
    }
    let strict = request.query_value("fieldValidation");
    if strict.is_some_and(|it| it == "Strict") && !faults.unknown.is_empty() {
        let fields: Vec<String> = faults
            .unknown
            .iter()
            .map(|field| format!("unknown field \"{field}\""))
            .collect();
        let message = format!("strict decoding error: {}", fields.join(", "));
        return Err(Refusal::bad(message));
    }
    match faults.invalid.as_slice() {
        [] => Ok(()),
        [one] => Err(Refusal::invalid(&kind, &name, one)),
        many => {
            let why = format!("[{}]", many.join(", "));
            Err(Refusal::invalid(&kind, &name, &why))
        }
    }
}

/// The rules in CEL of both selectors.
fn secret_store_rules(spec: &Value, faults: &mut Faults) {
    for selector in ["controlPlaneSelector", "namespaceSelector"] {
        let filled = |list: &str| {
            spec[selector][list]
                .as_array()
                .is_some_and(|list| !list.is_empty())
        };
        if spec.get(selector).is_some() && !filled("labelSelectors") && !filled("names") {
            faults.invalid.push(format!(
                "spec.{selector}: Invalid value: either names or a labelSelector must be specified"
            ));
        }
    }
}

/// The rule in CEL of the credentials.
fn backup_config_rules(spec: &Value, faults: &mut Faults) {
    let credentials = &spec["objectStorage"]["credentials"];
    if credentials["source"] == "Secret" && credentials["secretRef"]["name"].is_null() {
        faults.invalid.push(
            "spec.objectStorage: Invalid value: credentials.secretRef.name must be set when source is Secret"
                .to_owned(),
        );
    }
}

#[derive(Default)]
struct Faults {
    unknown: Vec<String>,
    invalid: Vec<String>,
}

impl Faults {
    fn check(&mut self, path: &str, shape: &Shape, value: &mut Value) {
        let fits = match shape {
            Text | Filled | OneOf(_) => value.is_string(),
            Number => value.is_i64() || value.is_u64(),
            Truth => value.is_boolean(),
            Any => true,
            List(_) => value.is_array(),
            Texts | Map { .. } => value.is_object(),
        };
        if !fits {
            let wanted = match shape {
                Text | Filled | OneOf(_) => "string",
                Number => "integer",
                Truth => "boolean",
                List(_) => "array",
                Any | Texts | Map { .. } => "object",
            };
            self.invalid.push(format!(
                "{path}: Invalid value: must be of type {wanted}: {value}"
            ));
            return;
        }
        match (shape, value) {
            (Filled, Value::String(text)) if text.is_empty() => self.invalid.push(format!(
                "{path}: Invalid value: \"\": should be at least 1 chars long"
            )),
            (OneOf(words), Value::String(text)) if !words.contains(&text.as_str()) => {
                let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                self.invalid.push(format!(
                    "{path}: Unsupported value: \"{text}\": supported values: {}",
                    words.join(", ")
                ));
            }
            (Texts, Value::Object(members)) => {
                for (name, value) in members {
                    self.check(&format!("{path}.{name}"), &Text, value);
                }
            }
            (List(of), Value::Array(items)) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.check(&format!("{path}[{index}]"), of, item);
                }
            }
            (Map { required, fields }, Value::Object(members)) => {
                for name in *required {
                    if !members.contains_key(*name) {
                        self.invalid.push(format!("{path}.{name}: Required value"));
                    }
                }
                members.retain(|name, value| {
                    match fields.iter().find(|(field, _)| field == name) {
                        Some((_, shape)) => self.check(&format!("{path}.{name}"), shape, value),
                        None => {
                            self.unknown.push(format!("{path}.{name}"));
                            return false;
                        }
                    }
                    true
                });
            }
            _ => {}
        }
    }
}
