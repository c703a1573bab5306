//! The length of a policy document as AWS counts it.
//!
//! Not here: the limits (see `limits`).

/// Number of characters of a JSON text without the white space between its tokens.
///
/// IAM does not count white space towards its policy sizes ("IAM and AWS STS quotas", note on policy sizes).
/// White space inside strings is counted here: whether IAM leaves it out too is UNVERIFIED, and counting it
/// never lets a document through that AWS would refuse. Works on any text, JSON or not.
pub fn len_without_white_space(json: &str) -> usize {
    let mut count = 0;
    let mut in_string = false;
    let mut escaped = false;
    for c in json.chars() {
        if in_string {
            count += 1;
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
        } else if !matches!(c, ' ' | '\t' | '\n' | '\r') {
            count += 1;
            in_string = c == '"';
        }
    }
    count
}
