//! What the messages of nginx, php-fpm, PHP, Apache, the kernel, systemd and firewalls mean.
//!
//! The [`Catalogue`] names a record: its [`Kind`], which says what happened and what to do, and the [`Cause`]
//! it speaks for; a [`Status`] is what visitors see of it. All knowledge is data (`data/**/*.toml`), checked when the crate is built and tested.
//!
//! ```
//! use logscan_catalogue::Catalogue;
//! use logscan_parser::Record;
//!
//! let line = b"[22-Nov-2026 14:03:07] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it";
//! let catalogue = Catalogue::builtin();
//! let named = catalogue.name(&Record::parse(line).unwrap()).unwrap();
//! assert_eq!(catalogue.kind(named.kind).unwrap().id, "fpm-max-children-reached");
//! assert_eq!(catalogue.cause(named.cause).unwrap().id, "fpm-saturated");
//! ```

mod anchor;
mod catalogue;
mod fields;
mod form;
mod kind;
mod limits;
mod literals;
mod matcher;
mod namer;
mod question;
mod ranges;
mod requests;
mod rules;
mod starts;
mod status;
mod stem;
mod time;
mod traits;
mod units;
mod when;

pub use catalogue::{Catalogue, CauseId, KindId, Named};
pub use fields::Fields;
pub use kind::{AddressKind, Cause, CauseWhen, ContextKind, Kind, Scope, Severity, Text, UnitKind};
pub use limits::Limits;
pub use namer::{Namer, Namers};
pub use ranges::{Ranges, RangesError};
pub use rules::{Rules, RulesError};
pub use status::{Limit, Status, StatusCause, Whose};
pub use time::Timestamp;
pub use when::{AccessWhen, HeadIs, RequestIs, TimeIs, Tried, Via};

/// The catalogue's data, made by the build script.
mod tables {
    use std::borrow::Cow;

    use logscan_parser::{GuardProgram, Level, Source};

    use crate::kind::{AddressKind, Cause, CauseWhen, ContextKind, Kind, Scope, Severity, UnitKind};
    use crate::status::{Limit, Status, StatusCause, Whose};
    #[allow(unused_imports)]
    use crate::when::{AccessWhen, HeadIs, RequestIs, TimeIs, Tried, Via};

    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}
