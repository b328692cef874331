// The form of kinds and causes as TOML. Read at build time for the catalogue itself (build.rs includes this
// file) and at run time for users' own rules.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct File {
    /// Source of all kinds in the file that name none themselves.
    pub(crate) source: Option<String>,
    #[serde(default)]
    pub(crate) kind: Vec<KindForm>,
    #[serde(default)]
    pub(crate) cause: Vec<CauseForm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct KindForm {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) also: Vec<String>,
    pub(crate) source: Option<String>,
    #[serde(default, rename = "match")]
    pub(crate) literals: OneOrMany,
    pub(crate) regex: Option<String>,
    #[serde(rename = "in")]
    pub(crate) scope: Option<ScopeForm>,
    #[serde(default)]
    pub(crate) errno: Vec<u32>,
    #[serde(default, rename = "while")]
    pub(crate) actions: Vec<String>,
    pub(crate) context: Option<ContextForm>,
    pub(crate) access: Option<AccessForm>,
    pub(crate) address: Option<AddressForm>,
    pub(crate) unit: Option<UnitForm>,
    pub(crate) guard: Option<GuardForm>,
    pub(crate) carrier: Option<CarrierForm>,
    #[serde(default)]
    pub(crate) levels: Vec<String>,
    #[serde(default)]
    pub(crate) strict_level: bool,
    pub(crate) severity: Option<SeverityForm>,
    pub(crate) cause: Option<String>,
    #[serde(default)]
    pub(crate) cause_when: Vec<CauseWhenForm>,
    #[serde(default)]
    pub(crate) edge: Vec<u16>,
    #[serde(default)]
    pub(crate) meaning: String,
    #[serde(default)]
    pub(crate) fix: OneOrMany,
    #[serde(default)]
    pub(crate) origin: String,
    #[serde(default)]
    pub(crate) sample: String,
    #[serde(default)]
    pub(crate) near_miss: OneOrMany,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CauseForm {
    pub(crate) id: String,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) edge: Vec<u16>,
    #[serde(default)]
    pub(crate) meaning: String,
    #[serde(default)]
    pub(crate) fix: OneOrMany,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CauseWhenForm {
    pub(crate) upstream: Option<String>,
    #[serde(default, rename = "match")]
    pub(crate) literals: OneOrMany,
    #[serde(default)]
    pub(crate) errno: Vec<u32>,
    pub(crate) access: Option<AccessForm>,
    pub(crate) cause: String,
}

/// What a request in an access log must be.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AccessForm {
    /// `502`, `009`, `5xx`.
    pub(crate) status: Vec<String>,
    /// Of the last try; `-` for one without an answer.
    pub(crate) upstream_status: Vec<String>,
    pub(crate) upstream: Option<String>,
    pub(crate) request: Option<String>,
    pub(crate) head: Option<String>,
    pub(crate) time: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) via: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AddressForm {
    Cloudflare,
    Stranger,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GuardForm {
    Lfd,
    Imunify,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UnitForm {
    Web,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ScopeForm {
    Message,
    Line,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ContextForm {
    Client,
    None,
    Stream,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CarrierForm {
    Syslog,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SeverityForm {
    Critical,
    Error,
    Warning,
    Notice,
    Info,
}

/// A string, or a list of them.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "OneOrManyForm")]
pub(crate) struct OneOrMany(pub(crate) Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrManyForm {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrManyForm> for OneOrMany {
    fn from(form: OneOrManyForm) -> OneOrMany {
        OneOrMany(match form {
            OneOrManyForm::One(one) => vec![one],
            OneOrManyForm::Many(many) => many,
        })
    }
}

/// `rules` where the file could be read, else words that name the place.
pub(crate) fn parse(text: &str) -> Result<File, String> {
    toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())
}
