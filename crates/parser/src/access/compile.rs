//! nginx's `log_format` and its quoting.

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_till, take_while, take_while1};
use nom::character::complete::{anychar, char, multispace1};
use nom::combinator::{opt, value};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::element::{Element, Piece};
use super::escape::Escape;
use super::template::{MAX_VARIABLES, Template};

/// Why a format is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormatError {
    message: String,
    at: usize,
}

impl FormatError {
    pub(super) fn new(message: impl Into<String>, at: usize) -> FormatError {
        FormatError { message: message.into(), at }
    }

    /// Where in the text, in bytes from 0; backslashes that nginx takes off a string do not count.
    pub fn offset(&self) -> usize {
        self.at
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at byte {}", self.message, self.at + 1)
    }
}

impl std::error::Error for FormatError {}

/// A parameter of a directive, with its quotes taken off.
struct Param {
    quote: Option<char>,
    text: String,
    at: usize,
}

/// Compiles the parameters of a `log_format`, or a format that stands alone.
pub(super) fn nginx(text: &str) -> Result<Template, FormatError> {
    let (body, directive) = without_directive(text);
    let start = text.len() - body.len();
    let params = params(body, start);
    let (escape, pieces) = match params {
        Ok(params) if directive || is_quoted_as_in_file(body, &params) => {
            let mut params = params.into_iter().peekable();
            let escape = params.next_if(|p| p.text.starts_with("escape=") && p.quote.is_none());
            let escape = escape.map(|p| escape_named(&p.text, p.at)).transpose()?.unwrap_or_default();
            let mut pieces = Vec::new();
            for param in params {
                // As nginx does, each string alone: no variable reaches over its end.
                pieces.extend(variables(&param.text, param.at)?);
            }
            (escape, pieces)
        }
        Err(error) if directive || body.starts_with('\'') || !is_plain(body) => return Err(error),
        _ => {
            let (escape, plain, at) = match body.split_once(char::is_whitespace) {
                Some((first, rest)) if first.starts_with("escape=") => {
                    (escape_named(first, start)?, rest, start + body.len() - rest.len())
                }
                _ => (Escape::Default, body, start),
            };
            (escape, variables(plain, at)?)
        }
    };
    finish(pieces, escape, start)
}

/// The template of the pieces, unless nothing of a line could be known by it.
pub(super) fn finish(pieces: Vec<Piece>, escape: Escape, at: usize) -> Result<Template, FormatError> {
    let variables = pieces.iter().filter(|p| matches!(p, Piece::Variable(_))).count();
    if variables > MAX_VARIABLES {
        return Err(FormatError::new(format!("more than {MAX_VARIABLES} variables"), at));
    }
    let template = Template::new(pieces, escape);
    if template.has_variables() {
        Ok(template)
    } else {
        Err(FormatError::new("no variable in the format", at))
    }
}

fn escape_named(text: &str, at: usize) -> Result<Escape, FormatError> {
    match text.strip_prefix("escape=") {
        Some("default") => Ok(Escape::Default),
        Some("json") => Ok(Escape::Json),
        Some("none") => Ok(Escape::None),
        _ => Err(FormatError::new(
            format!("unknown `{text}`; nginx has escape=default, escape=json and escape=none"),
            at,
        )),
    }
}

/// What follows `log_format NAME` where that stands before the format.
fn without_directive(text: &str) -> (&str, bool) {
    fn head(input: &str) -> IResult<&str, ()> {
        let (rest, _) =
            (tag("log_format"), multispace1, is_not(" \t\r\n;'\"{}"), multispace1).parse(input)?;
        Ok((rest, ()))
    }
    let text = text.trim_start();
    match head(text) {
        Ok((rest, ())) => (rest, true),
        Err(_) => (text, false),
    }
}

/// Splits parameters as nginx reads them (`src/core/ngx_conf_file.c: ngx_conf_read_token`).
fn params(text: &str, start: usize) -> Result<Vec<Param>, FormatError> {
    let mut params = Vec::new();
    let mut rest = blanks(text);
    while !rest.is_empty() && !rest.starts_with(';') {
        let at = start + text.len() - rest.len();
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let parsed = match quote {
            Some(quote) => quoted(rest, quote),
            None => bare(rest),
        };
        let Ok((after, text)) = parsed else {
            return Err(FormatError::new(format!("this {} is never closed", quote.unwrap_or('"')), at));
        };
        let next = blanks(after);
        if quote.is_some() && next.len() == after.len() && !after.is_empty() && !after.starts_with(';') {
            let at = at + rest.len() - after.len();
            return Err(FormatError::new("a blank is missing after the closing quote", at));
        }
        params.push(Param { quote, text, at: at + usize::from(quote.is_some()) });
        rest = next;
    }
    Ok(params)
}

/// Skips blanks and comments.
fn blanks(input: &str) -> &str {
    let comment = value((), preceded(char('#'), take_till(|c| c == '\n')));
    let skipped: IResult<&str, usize> = many0_count(alt((value((), multispace1), comment))).parse(input);
    skipped.map_or(input, |(rest, _)| rest)
}

fn quoted(input: &str, quote: char) -> IResult<&str, String> {
    delimited(char(quote), |i| unescaped(i, move |c| c == quote), char(quote)).parse(input)
}

fn bare(input: &str) -> IResult<&str, String> {
    unescaped(input, |c| c.is_whitespace() || c == ';')
}

/// Text up to such a character, without the backslashes that nginx takes off.
fn unescaped(input: &str, ends: impl Fn(char) -> bool) -> IResult<&str, String> {
    let mut out = String::new();
    let mut rest = input;
    loop {
        let plain: IResult<&str, &str> = take_while(|c| c != '\\' && !ends(c)).parse(rest);
        let (after, text) = plain?;
        out.push_str(text);
        let escape: IResult<&str, Option<char>> = opt(preceded(char('\\'), anychar)).parse(after);
        match escape? {
            (after, Some(c)) => {
                rest = after;
                match c {
                    '"' | '\'' | '\\' => out.push(c),
                    't' => out.push('\t'),
                    'r' => out.push('\r'),
                    'n' => out.push('\n'),
                    other => out.extend(['\\', other]),
                }
            }
            // A backslash at the very end.
            (after, None) if after.starts_with('\\') => return Ok(("", out + "\\")),
            (after, None) => return Ok((after, out)),
        }
    }
}

/// Whether a text that could be parameters is meant as such, and not as the format itself.
///
/// On a command line the shell has mostly taken the outer quotes off, and what is left holds quotes of its own:
/// `$remote_addr "$request"`.
fn is_quoted_as_in_file(text: &str, params: &[Param]) -> bool {
    let escape = |p: &Param| p.quote.is_none() && p.text.starts_with("escape=");
    let rest = match params.split_first() {
        Some((first, rest)) if escape(first) => rest,
        _ => params,
    };
    let quoted = |q| rest.iter().any(|p| p.quote == Some(q));
    let all = !rest.is_empty() && rest.iter().all(|p| p.quote.is_some());
    if quoted('\'') {
        let inside = rest.iter().any(|p| p.quote == Some('\'') && p.text.contains('$'));
        return all || (inside && !text.contains('"'));
    }
    // Of `"$a" "$b"` nothing would be left between the variables.
    let joined = rest.windows(2).any(|pair| match pair {
        [a, b] => ends_in_variable(&a.text) && b.text.starts_with('$'),
        _ => false,
    });
    all && !joined
}

fn ends_in_variable(text: &str) -> bool {
    text.rfind('$').is_some_and(|at| {
        let name = text.get(at + 1..).unwrap_or_default();
        name.chars().all(|c| is_name(c) || matches!(c, '{' | '}'))
    })
}

/// Whether a text that cannot be parameters can still be a format.
fn is_plain(text: &str) -> bool {
    !text.starts_with('"') || text.matches('"').count() > 1
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Splits a string into literal text and variables (`ngx_http_log_compile_format`).
fn variables(text: &str, start: usize) -> Result<Vec<Piece>, FormatError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = start + text.len() - rest.len();
        let literal: IResult<&str, &str> = take_while1(|c| c != '$').parse(rest);
        if let Ok((after, literal)) = literal {
            pieces.push(Piece::Literal(literal.as_bytes().to_vec()));
            rest = after;
            continue;
        }
        let (after, name) = variable(rest, at)?;
        pieces.push(Piece::Variable(Element::nginx(name)));
        rest = after;
    }
    Ok(pieces)
}

fn variable(text: &str, at: usize) -> Result<(&str, &str), FormatError> {
    let bare = preceded(char('$'), take_while1(is_name));
    let braced = delimited(tag("${"), take_while1(is_name), char('}'));
    let found: IResult<&str, &str> = alt((bare, braced)).parse(text);
    found.map_err(|_| {
        let name: String = text.chars().skip(2).take_while(|c| is_name(*c)).collect();
        if !text.starts_with("${") || name.is_empty() {
            FormatError::new("`$` without the name of a variable", at)
        } else {
            FormatError::new(format!("`${{{name}` without its closing brace"), at)
        }
    })
}
