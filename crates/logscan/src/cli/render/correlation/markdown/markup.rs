//! Text that a renderer of Markdown shows as it is.

use crate::cli::safe::terminal;

/// Words as they are: what would be markup is escaped.
pub(super) fn plain(text: &str) -> String {
    let text = terminal(text.as_bytes());
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let markup = match c {
            // Within a word it is none.
            '_' => !(in_word(before) && in_word(rest.peek().copied())),
            // A dollar sign begins a formula on some sites.
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '$' => true,
            _ => false,
        };
        if markup {
            escaped.push('\\');
        }
        escaped.push(c);
        before = Some(c);
    }
    escaped
}

/// A piece of a log in a line of text.
pub(super) fn code(text: &str) -> String {
    let text = terminal(text.as_bytes());
    if text.is_empty() {
        return text;
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    // A renderer takes off one blank at each end, which a text that has its own, or a backtick there, needs.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The same in a cell of a table, which a `|` would end even there.
pub(super) fn code_cell(text: &str) -> String {
    if !text.contains('|') {
        return code(text);
    }
    let mut cell = "<code>".to_owned();
    for c in terminal(text.as_bytes()).chars() {
        if c.is_ascii_punctuation() && !matches!(c, '/' | '.' | '-' | ',') {
            cell.push_str(&format!("&#{};", u32::from(c)));
        } else {
            cell.push(c);
        }
    }
    cell.push_str("</code>");
    cell
}

/// Lines of logs in a block of their own.
pub(super) fn block(lines: &[String]) -> String {
    let longest = lines.iter().map(|l| longest_run(l)).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{}\n{fence}\n", lines.join("\n"))
}

/// The most backticks in a row.
fn longest_run(text: &str) -> usize {
    let mut run = 0;
    text.chars().fold(0, |longest, c| {
        run = if c == '`' { run + 1 } else { 0 };
        longest.max(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_markup() {
        assert_eq!(plain("a *b* <i> [c](d) #1 | `e`"), r"a \*b\* \<i\> \[c\](d) \#1 \| \`e\`");
        assert_eq!(plain("_x_ $http_cf_ray"), r"\_x\_ \$http_cf_ray");
        assert_eq!(plain("\x1b[31m\n# b"), r"\\x1b\[31m\\n\# b");
    }

    #[test]
    fn code_ends_where_it_should() {
        assert_eq!(code("GET /"), "`GET /`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(" a "), "`  a  `");
        assert_eq!(code(""), "");
    }

    #[test]
    fn a_cell_is_one_cell() {
        assert_eq!(code_cell("/a"), "`/a`");
        assert_eq!(code_cell(r"a\|`</code>"), "<code>a&#92;&#124;&#96;&#60;/code&#62;</code>");
    }

    #[test]
    fn a_block_ends_where_it_should() {
        assert_eq!(block(&["a".to_owned()]), "```text\na\n```\n");
        assert_eq!(block(&["````".to_owned(), "b".to_owned()]), "`````text\n````\nb\n`````\n");
    }
}
