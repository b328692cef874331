//! Access logs of web servers.

use crate::civil::Stamp;

/// Whose log it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AccessServer {
    /// nginx.
    #[default]
    Nginx,
    /// Apache.
    Apache,
}

/// A compiled format.
#[derive(Clone, Debug)]
pub struct AccessFormat;

/// One request.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[allow(missing_docs)]
pub struct Access<'b> {
    pub status: Option<u16>,
    pub request: Option<&'b [u8]>,
    pub method: Option<&'b [u8]>,
    pub uri: Option<&'b [u8]>,
    pub protocol: Option<&'b [u8]>,
    pub host: Option<&'b [u8]>,
    pub server: Option<&'b [u8]>,
    pub client: Option<&'b [u8]>,
    pub edge: Option<&'b [u8]>,
    pub forwarded: Option<&'b [u8]>,
    pub connecting: Option<&'b [u8]>,
    pub user: Option<&'b [u8]>,
    pub referrer: Option<&'b [u8]>,
    pub user_agent: Option<&'b [u8]>,
    pub bytes_sent: Option<u64>,
    pub body_bytes_sent: Option<u64>,
    pub request_time: Option<std::time::Duration>,
    pub upstream_addr: Option<&'b [u8]>,
    pub upstream_status: Option<&'b [u8]>,
    pub upstream_response_time: Option<&'b [u8]>,
    pub ray_id: Option<&'b [u8]>,
    pub request_id: Option<&'b [u8]>,
    pub connection: Option<u64>,
    pub pid: Option<u32>,
    pub logs_upstream: bool,
    /// Whose log it is.
    pub server_kind: AccessServer,
    /// The whole line.
    pub text: &'b [u8],
}

impl AccessFormat {
    /// Judges the first bytes of a file.
    pub fn detect(_head: &[u8], _server: AccessServer) -> Option<AccessFormat> {
        None
    }

    /// A format of a common name.
    pub fn named(_name: &str) -> Option<AccessFormat> {
        None
    }

    /// Whose log it is.
    pub fn server(&self) -> AccessServer {
        AccessServer::Nginx
    }

    /// Whether the format ends in literal text.
    pub fn ends_closed(&self) -> bool {
        false
    }

    /// Parses a line.
    pub fn parse<'b>(&self, _line: &'b [u8]) -> Option<(Option<Stamp>, Access<'b>)> {
        None
    }
}

#[allow(missing_docs)]
impl<'b> Access<'b> {
    pub fn head_size(&self) -> Option<u64> {
        self.bytes_sent?.checked_sub(self.body_bytes_sent?)
    }
    pub fn is_tls_hello(&self) -> bool {
        false
    }
    pub fn is_http2_preface(&self) -> bool {
        false
    }
    pub fn last_upstream_status(&self) -> Option<u16> {
        None
    }
    pub fn tries(&self) -> std::iter::Empty<()> {
        std::iter::empty()
    }
    pub fn ray(&self) -> Option<&'b [u8]> {
        None
    }
}

#[allow(missing_docs)]
#[derive(Debug)]
pub struct FormatError;
impl std::fmt::Display for FormatError {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
#[allow(missing_docs)]
impl AccessFormat {
    pub fn nginx(_format: &str) -> Result<AccessFormat, FormatError> {
        Err(FormatError)
    }
    pub fn apache(_format: &str) -> Result<AccessFormat, FormatError> {
        Err(FormatError)
    }
}
