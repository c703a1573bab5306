//! Which URLs may be asked: plain http stays on this machine, and nothing leaves the API that it is about.

use std::net::IpAddr;

use http::Uri;

/// Why `url` may not be asked, if so.
pub(crate) fn allowed(url: &Uri) -> Result<(), String> {
    let host = url.host().unwrap_or_default();
    if url
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err("a URL with a user in it is not asked".to_owned());
    }
    match url.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_near(host) => Ok(()),
        Some("http") => Err(format!(
            "plain http is for this machine only, not for {host}; use https"
        )),
        _ => Err(format!("`{url}` is no http or https URL")),
    }
}

fn is_near(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback(),
        Err(_) => host == "localhost",
    }
}

/// Whether two URLs are of one server: a token for one may go to the other.
pub(crate) fn same_server(one: &Uri, other: &Uri) -> bool {
    one.scheme() == other.scheme() && one.authority() == other.authority()
}
