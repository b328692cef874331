//! Web pages to text, line by line.

/// Takes the tags out of the lines of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::report) enum Stripper {
    /// Between tags.
    #[default]
    Text,
    /// In a tag.
    Tag,
    /// In a comment.
    Comment,
    /// In a script.
    Script,
    /// In a style sheet.
    Style,
}

/// What the entities mean that error pages use.
const ENTITIES: [(&str, &str); 10] = [
    ("&nbsp;", " "),
    ("&bull;", "•"),
    ("&middot;", "·"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&#46;", "."),
    ("&amp;", "&"),
];

impl Stripper {
    /// The text of the next line; a blank stands for each tag.
    pub(in crate::report) fn line(&mut self, line: &str) -> String {
        let mut text = String::with_capacity(line.len().min(4096));
        let mut rest = line;
        while !rest.is_empty() {
            let (mark, next) = match self {
                Stripper::Text => ("<", Stripper::Tag),
                Stripper::Tag => (">", Stripper::Text),
                Stripper::Comment => ("-->", Stripper::Text),
                Stripper::Script => ("</script", Stripper::Tag),
                Stripper::Style => ("</style", Stripper::Tag),
            };
            let (before, after) = match find(rest, mark) {
                Some(at) => (rest.get(..at), rest.get(at + mark.len()..)),
                None => (Some(rest), None),
            };
            if *self == Stripper::Text {
                text.push_str(before.unwrap_or_default());
            }
            let Some(after) = after else { break };
            rest = after;
            if *self == Stripper::Text {
                text.push(' ');
                *self = if after.starts_with("!--") {
                    Stripper::Comment
                } else if is_tag(after, "script") {
                    Stripper::Script
                } else if is_tag(after, "style") {
                    Stripper::Style
                } else {
                    next
                };
            } else {
                *self = next;
            }
        }
        if text.contains('&') {
            for (entity, meaning) in ENTITIES {
                text = text.replace(entity, meaning);
            }
        }
        text
    }
}

/// Where a mark stands; tags in either case of letters.
fn find(text: &str, mark: &str) -> Option<usize> {
    if mark.len() < 4 {
        return memchr::memmem::find(text.as_bytes(), mark.as_bytes());
    }
    let mut from = 0;
    loop {
        let at = from + memchr::memmem::find(text.as_bytes().get(from..)?, b"</")?;
        if text.as_bytes().get(at..at + mark.len()).is_some_and(|t| t.eq_ignore_ascii_case(mark.as_bytes())) {
            return Some(at);
        }
        from = at + 2;
    }
}

fn is_tag(text: &str, name: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.get(..name.len()).is_some_and(|t| t.eq_ignore_ascii_case(name.as_bytes()))
        && bytes.get(name.len()).is_none_or(|b| !b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_scripts_and_comments_go() {
        let mut page = Stripper::default();
        assert_eq!(page.line("<b>Ray ID:</b>&nbsp;a5e8 &bull; <br").trim(), "Ray ID:  a5e8 •");
        assert_eq!(page.line("class=x>on"), "on");
        assert_eq!(page.line("<script>var a = '2026-11-22 14:03:08'; // 1 < 2").trim(), "");
        assert_eq!(page.line("x</SCRIPT>y <!-- <b>"), " y  ".trim_start().to_owned() + "");
        assert_eq!(page.line("--> z"), " z");
    }
}
