//! `Encrypt`, `Decrypt`, `GenerateDataKey`: KMS called by itself, not by a service for somebody.
//!
//! Shapes, bounds and errors: botocore's model of `kms`; that `Decrypt` of a symmetric key needs no `KeyId`, and fails with
//! `IncorrectKeyException` for another: "Decrypt" of the KMS API reference; the condition keys of the encryption context:
//! "Condition keys for AWS KMS" in the KMS developer guide.
//! Not here: encrypting anything: a ciphertext is its plaintext, with whose it is; asymmetric keys; grant tokens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::keys::{Key, open_with};
use super::{Members, text, validation};
use crate::aws::call::{Call, Refusal};
use crate::aws::json::result;
use crate::aws::tokens::base64url;
use crate::http::Answer;

/// The most bytes of a plaintext and of a ciphertext.
const MOST: (usize, usize) = (4_096, 6_144);

/// What a ciphertext holds.
#[derive(Serialize, Deserialize)]
struct Sealed {
    /// ARN of the key.
    key: String,
    /// A digest of the encryption context.
    context: String,
    /// In base64url.
    plaintext: String,
}

type Context = BTreeMap<String, String>;

pub(super) fn encrypt(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let plaintext = blob(members, "Plaintext", MOST.0)?;
    let context = context(members)?;
    let key = opened(call, text(members, "KeyId")?, &context)?;
    Ok(result(
        call,
        &json!({
            "KeyId": key.arn,
            "CiphertextBlob": sealed(&key, &context, &plaintext),
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }),
    ))
}

pub(super) fn decrypt(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let invalid = || Refusal::new(400, "InvalidCiphertextException", "");
    let blob = blob(members, "CiphertextBlob", MOST.1)?;
    let sealed: Sealed = serde_json::from_slice(&blob).map_err(|_| invalid())?;
    let context = context(members)?;
    let named = members.get("KeyId").and_then(Value::as_str);
    let key = opened(call, named.unwrap_or(&sealed.key), &context)?;
    if key.arn != sealed.key {
        let message =
            "The key ID in the request does not identify a CMK that can perform this operation.";
        return Err(Refusal::new(400, "IncorrectKeyException", message));
    }
    let plaintext = base64url::decode(&sealed.plaintext).ok_or_else(invalid)?;
    if digest(&context) != sealed.context {
        return Err(invalid());
    }
    Ok(result(
        call,
        &json!({
            "KeyId": key.arn,
            "Plaintext": base64url::padded(&plaintext),
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }),
    ))
}

/// The bytes follow from the key and how many were made before.
pub(super) fn generate(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let spec = members.get("KeySpec").and_then(Value::as_str);
    let number = members.get("NumberOfBytes").and_then(Value::as_u64);
    let length = match (spec, number) {
        (Some("AES_256"), None) => 32,
        (Some("AES_128"), None) => 16,
        (None, Some(number @ 1..=1024)) => usize::try_from(number).unwrap_or_default(),
        (None, None) | (Some(_), Some(_)) => {
            let message = "Please specify either number of bytes or key spec.";
            return Err(Refusal::new(400, "ValidationException", message));
        }
        (Some(_), None) => {
            let constraint = "Member must satisfy enum value set: [AES_128, AES_256]";
            return Err(validation("keySpec", constraint));
        }
        (None, Some(_)) => {
            let constraint = "Member must have value between 1 and 1024";
            return Err(validation("numberOfBytes", constraint));
        }
    };
    let context = context(members)?;
    let key = opened(call, text(members, "KeyId")?, &context)?;
    let count = call.db.get::<u64>("sandbox/data-keys").unwrap_or(0) + 1;
    call.db.put("sandbox/data-keys", &count);
    let bytes = |part: usize| Sha256::digest(format!("{}/{count}/{part}", key.arn));
    let plaintext: Vec<u8> = (0..length.div_ceil(32))
        .flat_map(bytes)
        .take(length)
        .collect();
    Ok(result(
        call,
        &json!({
            "KeyId": key.arn,
            "CiphertextBlob": sealed(&key, &context, &plaintext),
            "Plaintext": base64url::padded(&plaintext),
        }),
    ))
}

/// A key of any account, by any of its names, for a use in an encryption context.
fn opened(call: &mut Call<'_>, id: &str, context: &Context) -> Result<Key, Refusal> {
    let mut keys = vec![(
        "kms:EncryptionContextKeys".to_owned(),
        context.keys().cloned().collect(),
    )];
    for (name, value) in context {
        keys.push((format!("kms:EncryptionContext:{name}"), vec![value.clone()]));
    }
    open_with(call, id, (true, true), keys)
}

fn sealed(key: &Key, context: &Context, plaintext: &[u8]) -> String {
    let sealed = Sealed {
        key: key.arn.clone(),
        context: digest(context),
        plaintext: base64url::encode(plaintext),
    };
    base64url::padded(json!(sealed).to_string().as_bytes())
}

fn digest(context: &Context) -> String {
    base64url::encode(&Sha256::digest(json!(context).to_string()))
}

fn context(members: &Members) -> Result<Context, Refusal> {
    match members.get("EncryptionContext") {
        None => Ok(Context::new()),
        Some(value) => serde_json::from_value(value.clone())
            .map_err(|error| Refusal::new(400, "SerializationException", error.to_string())),
    }
}

/// The bytes of a member in base64: one at least, `most` at most.
fn blob(members: &Members, name: &str, most: usize) -> Result<Vec<u8>, Refusal> {
    let member = name[..1].to_lowercase() + &name[1..];
    let bytes = base64url::unpadded(text(members, name)?)
        .ok_or_else(|| Refusal::new(400, "SerializationException", ""))?;
    match bytes.len() {
        0 => Err(validation(
            &member,
            "Member must have length greater than or equal to 1",
        )),
        length if length > most => {
            let constraint = format!("Member must have length less than or equal to {most}");
            Err(validation(&member, &constraint))
        }
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::aws::asking::{ACCOUNT, Asker, Said, world};

    fn ask(asker: &Asker<'_>, operation: &str, members: &Value) -> Said {
        asker.json("kms", &format!("TrentService.{operation}"), members)
    }

    #[test]
    fn what_was_encrypted_is_decrypted_in_its_context_only() {
        let sandbox = world();
        let asker = Asker::new(&sandbox, "eu-west-1");
        let key = || {
            let made = ask(&asker, "CreateKey", &json!({}));
            made.body["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
        };
        let (key, other) = (key(), key());
        let context = json!({ "a": "b" });
        let wish = json!({ "KeyId": key, "Plaintext": "eHl6+/==", "EncryptionContext": context });
        let made = ask(&asker, "Encrypt", &wish);
        assert_eq!(
            made.code, "SerializationException",
            "bits that belong to nothing"
        );
        let wish = json!({ "KeyId": key, "Plaintext": "eHl6+w==", "EncryptionContext": context });
        let made = ask(&asker, "Encrypt", &wish);
        assert_eq!((made.status, &made.body["KeyId"]), (200, &json!(key)));
        let most = "A".repeat(5460) + "AA==";
        let long = ask(
            &asker,
            "Encrypt",
            &json!({ "KeyId": key, "Plaintext": most }),
        );
        let read = json!({ "CiphertextBlob": long.body["CiphertextBlob"] });
        assert_eq!(ask(&asker, "Decrypt", &read).body["Plaintext"], most);
        let more = json!({ "KeyId": key, "Plaintext": "A".repeat(5464) });
        assert_eq!(ask(&asker, "Encrypt", &more).code, "ValidationException");
        let text = &made.body["CiphertextBlob"];
        let mut wish = json!({ "CiphertextBlob": text, "EncryptionContext": context });
        let read = ask(&asker, "Decrypt", &wish);
        assert_eq!(
            (read.status, &read.body["Plaintext"]),
            (200, &json!("eHl6+w=="))
        );
        wish["KeyId"] = json!(other);
        assert_eq!(ask(&asker, "Decrypt", &wish).code, "IncorrectKeyException");
        wish["KeyId"] = json!(key);
        wish["EncryptionContext"] = json!({});
        assert_eq!(
            ask(&asker, "Decrypt", &wish).code,
            "InvalidCiphertextException"
        );
        wish["CiphertextBlob"] = json!("eHl6");
        assert_eq!(
            ask(&asker, "Decrypt", &wish).code,
            "InvalidCiphertextException"
        );
    }

    #[test]
    fn data_keys_are_as_long_as_asked_for() {
        let sandbox = world();
        let asker = Asker::new(&sandbox, "eu-west-1");
        let made = ask(&asker, "CreateKey", &json!({}));
        let key = &made.body["KeyMetadata"]["KeyId"];
        let ask = |more: Value| {
            let mut wish = json!({ "KeyId": key });
            for (name, value) in more.as_object().unwrap() {
                wish[name] = value.clone();
            }
            ask(&asker, "GenerateDataKey", &wish)
        };
        for (more, letters) in [
            (json!({ "KeySpec": "AES_256" }), 44),
            (json!({ "KeySpec": "AES_128" }), 24),
            (json!({ "NumberOfBytes": 33 }), 44),
        ] {
            let said = ask(more);
            let plaintext = said.body["Plaintext"].as_str().map(str::len);
            assert_eq!((said.status, plaintext), (200, Some(letters)));
        }
        for more in [
            json!({}),
            json!({ "KeySpec": "AES_256", "NumberOfBytes": 32 }),
            json!({ "KeySpec": "RSA_2048" }),
            json!({ "NumberOfBytes": 1025 }),
        ] {
            assert_eq!(ask(more).code, "ValidationException");
        }
    }

    /// That one may use a key through a service is no right to call KMS with it ("kms:ViaService").
    #[test]
    fn a_key_through_a_service_is_none_by_itself() {
        let sandbox = world();
        let asker = Asker::new(&sandbox, "eu-west-1");
        let made = ask(&asker, "CreateKey", &json!({}));
        let key = made.body["KeyMetadata"]["Arn"].as_str().unwrap();
        let policy = |condition: Value| {
            json!({ "Version": "2012-10-17", "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": { "AWS": ACCOUNT },
                    "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"],
                    "Resource": "*",
                },
                {
                    "Effect": "Allow",
                    "Principal": { "AWS": ACCOUNT },
                    "Action": "kms:GenerateDataKey",
                    "Resource": "*",
                    "Condition": { "StringEquals": condition },
                },
            ] })
            .to_string()
        };
        let wish = json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": { "a": "b" } });
        let generate = |condition: Value| {
            let put = json!({ "KeyId": key, "Policy": policy(condition) });
            assert_eq!(ask(&asker, "PutKeyPolicy", &put).status, 200);
            ask(&asker, "GenerateDataKey", &wish).code
        };
        let via = json!({ "kms:ViaService": "s3.eu-west-1.amazonaws.com" });
        assert_eq!(generate(via), "AccessDeniedException");
        assert_eq!(
            generate(json!({ "kms:EncryptionContext:a": "c" })),
            "AccessDeniedException"
        );
        assert_eq!(generate(json!({ "kms:EncryptionContext:a": "b" })), "");
    }
}
