//! Bodies in the `aws-chunked` coding, with which SDKs send objects and their checksums.
//!
//! Source: S3 API Reference, "Signature calculations for the authorization header: transferring a payload in multiple chunks".
//! Not here: verifying signatures and checksums of chunks.

use crate::aws::call::Refusal;
use crate::http::Request;

/// The body of a request as it was meant.
pub(crate) fn decoded(request: &Request) -> Result<Vec<u8>, Refusal> {
    let streaming = request
        .header("x-amz-content-sha256")
        .is_some_and(|value| value.starts_with("STREAMING-"));
    let coded = request.header("content-encoding").is_some_and(|value| {
        value
            .split(',')
            .any(|coding| coding.trim() == "aws-chunked")
    });
    if !streaming && !coded {
        return Ok(request.body.clone());
    }
    // Source: S3 API Reference, "Error responses" (IncompleteBody).
    chunks(&request.body).ok_or_else(|| {
        Refusal::new(
            400,
            "IncompleteBody",
            "The request body terminated unexpectedly",
        )
    })
}

fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let head = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(head.split(';').next()?, 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunked() {
        let body = b"5;chunk-signature=ab\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
        assert_eq!(chunks(body).unwrap(), b"hello!");
        for bad in [
            &b"5\r\nhell"[..],
            b"x\r\n",
            b"",
            b"5\r\nhello!\r\n0\r\n\r\n",
        ] {
            assert_eq!(chunks(bad), None);
        }
    }
}
