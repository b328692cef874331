//! JSON as it stands: members in their order, strings borrowed where nothing in them is escaped.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::report) enum Json<'a> {
    /// `null`.
    Null,
    /// A string, a number or a truth value, as text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Json<'a>>),
    /// An object.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The member of an object.
    pub(in crate::report) fn get(&self, key: &str) -> Option<&Json<'a>> {
        match self {
            Json::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A text.
    pub(in crate::report) fn text(&self) -> Option<&Cow<'a, str>> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Values that a record or a document may have, so that memory stays bounded: lists of numbers take many times the
/// space of their text.
const MAX_VALUES: u64 = 8_000_000;

/// Reads one value, with nothing behind it.
pub(in crate::report) fn parse(text: &str) -> serde_json::Result<Json<'_>> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Values { left: &Cell::new(MAX_VALUES) }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Reads values one behind the other. Where the text is a list, its items are handed on one by one, so that they are
/// not all in memory.
pub(in crate::report) fn parse_all<'a>(
    text: &'a str,
    mut each: impl FnMut(Json<'a>),
) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let lists = text.trim_start().starts_with('[');
    while deserializer.end().is_err() {
        if lists {
            (&mut deserializer).deserialize_seq(Items { each: &mut each })?;
        } else {
            each(Values { left: &Cell::new(MAX_VALUES) }.deserialize(&mut deserializer)?);
        }
    }
    Ok(())
}

/// The items of a list.
struct Items<'f, F> {
    each: &'f mut F,
}

impl<'de, F: FnMut(Json<'de>)> Visitor<'de> for Items<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while let Some(item) = access.next_element_seed(Values { left: &Cell::new(MAX_VALUES) })? {
            (self.each)(item);
        }
        Ok(())
    }
}

/// Any value; `left` counts down how many more there may be.
#[derive(Clone, Copy)]
struct Values<'l> {
    left: &'l Cell<u64>,
}

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(D::Error::custom("more values than are read"));
        };
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(if value { "true" } else { "false" })))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        // Display writes no exponent: nanoseconds that a program took for a float stay digits.
        Ok(Json::Text(Cow::Owned(value.to_string())))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(Key(key)) = access.next_key()? {
            members.push((key, access.next_value_seed(self)?));
        }
        Ok(Json::Object(members))
    }
}

/// The name of a member.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key<'de>, D::Error> {
        match deserializer.deserialize_str(Values { left: &Cell::new(1) })? {
            Json::Text(text) => Ok(Key(text)),
            _ => Ok(Key(Cow::Borrowed(""))),
        }
    }
}
