//! Which URLs may be asked: plain http stays on this machine.
//!
//! Owns that rule, for endpoints that the environment names.

use std::net::IpAddr;

use reqwest::Url;

/// Whether `url` is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match address(url) {
        Some(address) => address.is_loopback(),
        None => url.host_str() == Some("localhost"),
    }
}

/// Why `url` may not be asked, if so.
///
/// Link-local addresses are where a machine's own credentials come from ("Azure Instance Metadata Service").
pub(crate) fn check(url: &Url) -> Result<(), String> {
    let link_local = matches!(address(url), Some(IpAddr::V4(v4)) if v4.is_link_local());
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) || link_local => Ok(()),
        "http" => Err(format!(
            "plain http is for this machine only, not for {}; use https",
            url.host_str().unwrap_or_default()
        )),
        other => Err(format!("{other}:// is no endpoint; use https")),
    }
}

/// Reads the endpoint `text` that the variable `name` gives.
pub(crate) fn endpoint(name: &str, text: &str) -> Result<Url, String> {
    let url: Url = text
        .parse()
        .map_err(|error| format!("{name} is no URL: {error}"))?;
    check(&url).map_err(|why| format!("{name}: {why}"))?;
    Ok(url)
}

fn address(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let host = host.strip_prefix('[').unwrap_or(host);
    host.strip_suffix(']').unwrap_or(host).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::endpoint;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for near in [
            "https://storage.googleapis.com",
            "http://127.0.0.1:4443/",
            "http://localhost:4443",
            "http://[::1]:4443",
            "http://169.254.169.254/metadata",
        ] {
            assert!(endpoint("X", near).is_ok(), "{near}");
        }
        for far in [
            "http://storage.googleapis.com",
            "http://127.0.0.1.example.org/",
            "http://127.0.0.1@example.org/",
            "http://10.0.0.1:4443",
            "http://localhost.example.org",
            "file:///etc/passwd",
            "127.0.0.1:4443",
        ] {
            let error = endpoint("X", far).expect_err(far);
            assert!(error.starts_with("X"), "{error}");
        }
    }
}
