//! Lines of tables into fields.

use std::borrow::Cow;

/// Cuts a line into its fields. A field in quotes may hold the delimiter, and quotes written twice. `None` where a
/// quote is not closed: the record goes on in the next line.
pub(super) fn split(line: &str, delimiter: u8) -> Option<Vec<Cow<'_, str>>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.trim_start_matches(' ').strip_prefix('"') {
            Some(quoted) => self::quoted(quoted, delimiter)?,
            None => {
                let end = memchr::memchr(delimiter, rest.as_bytes()).unwrap_or(rest.len());
                let (field, after) = rest.split_at_checked(end)?;
                (Cow::Borrowed(field), after)
            }
        };
        fields.push(field);
        match after.get(1..) {
            Some(next) => rest = next,
            None => return Some(fields),
        }
    }
}

/// A field behind its opening quote, and what follows the field.
fn quoted(text: &str, delimiter: u8) -> Option<(Cow<'_, str>, &str)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut doubled = false;
    loop {
        let quote = from + memchr::memchr(b'"', bytes.get(from..)?)?;
        if bytes.get(quote + 1) == Some(&b'"') {
            doubled = true;
            from = quote + 2;
            continue;
        }
        let field = text.get(..quote)?;
        let after = text.get(quote + 1..)?;
        // What stands between the quote and the delimiter belongs to no field.
        let end = memchr::memchr(delimiter, after.as_bytes()).unwrap_or(after.len());
        let field = if doubled { Cow::Owned(field.replace("\"\"", "\"")) } else { Cow::Borrowed(field) };
        return Some((field, after.get(end..)?));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> Option<Vec<String>> {
        split(line, b',').map(|f| f.into_iter().map(Cow::into_owned).collect())
    }

    #[test]
    fn quotes_and_empty_fields() {
        assert_eq!(fields("a,b,c").unwrap(), ["a", "b", "c"]);
        assert_eq!(fields("").unwrap(), [""]);
        assert_eq!(fields("a,,").unwrap(), ["a", "", ""]);
        assert_eq!(fields(r#""a,b","say ""hi""",c"#).unwrap(), ["a,b", "say \"hi\"", "c"]);
        assert_eq!(fields(r#"a, "b" ,c"#).unwrap(), ["a", "b", "c"]);
        assert_eq!(fields(r#"a,b"c,d"#).unwrap(), ["a", "b\"c", "d"]);
    }

    #[test]
    fn open_quotes_ask_for_more() {
        assert_eq!(fields(r#"a,"b"#), None);
        assert_eq!(fields(r#"a,"b"""#), None);
    }
}
