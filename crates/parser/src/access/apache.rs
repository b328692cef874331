//! Apache's `LogFormat` (`modules/loggers/mod_log_config.c`, `mod_logio.c`).

use nom::branch::alt;
use nom::bytes::complete::{is_a, tag, take, take_until, take_while, take_while1};
use nom::character::complete::{anychar, char};
use nom::combinator::{opt, recognize, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

use super::clock::Clock;
use super::compile::{FormatError, finish};
use super::element::{Element, Field, Kind, Piece, Unit};
use super::escape::Escape;
use super::template::Template;

/// Compiles the format of a `LogFormat` or `CustomLog`, with or without the directive, its quotes and a nickname.
pub(super) fn apache(text: &str) -> Result<Template, FormatError> {
    let body = without_directive(text);
    let start = text.len() - text.trim_start().len() + text.trim_start().len() - body.len();
    let (format, start) = match body.strip_prefix('"') {
        // A format may itself begin with a quote, `"%h" "%r"`; in a file it would have a backslash.
        Some(inside) if body.contains("\\\"") || closes_at_end(inside) => {
            let end = closing(inside).ok_or_else(|| FormatError::new("this \" is never closed", start))?;
            (inside.get(..end).unwrap_or(inside), start + 1)
        }
        _ => (body.trim_end(), start),
    };
    finish(pieces(format, start)?, Escape::Apache, start)
}

fn without_directive(text: &str) -> &str {
    fn head(input: &str) -> IResult<&str, ()> {
        let name = verify(take_while1(|c: char| c.is_ascii_alphabetic()), |n: &str| {
            n.eq_ignore_ascii_case("LogFormat")
        });
        let (rest, _) = (name, take_while1(|c: char| c.is_whitespace())).parse(input)?;
        Ok((rest, ()))
    }
    let text = text.trim_start();
    head(text).map_or(text, |(rest, ())| rest)
}

/// The place of the quote that closes a string.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

fn closes_at_end(inside: &str) -> bool {
    let after = closing(inside).and_then(|end| inside.get(end + 1..));
    // A nickname may follow.
    after.is_some_and(|rest| !rest.contains(['%', '"']))
}

fn pieces(text: &str, start: usize) -> Result<Vec<Piece>, FormatError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at = start + text.len() - rest.len();
        if first == '%' {
            let (after, piece) = directive(rest, at)?;
            pieces.extend(piece);
            rest = after;
            continue;
        }
        let literal: IResult<&str, &str> =
            alt((take_while1(|c| c != '%' && c != '\\'), recognize((char('\\'), anychar)), tag("\\")))
                .parse(rest);
        let Ok((after, literal)) = literal else { break };
        let literal = match literal {
            "\\n" => "\n",
            "\\t" => "\t",
            "\\r" => "\r",
            // Before another character the backslash is a part of the text.
            "\\\"" => "\"",
            "\\\\" => "\\",
            other => other,
        };
        pieces.push(Piece::Literal(literal.as_bytes().to_vec()));
        rest = after;
    }
    Ok(pieces)
}

/// The modifiers, `{argument}` and letters of a directive.
struct Directive<'t> {
    /// Of a request that was redirected inside Apache the last one is meant, not the first.
    last: bool,
    argument: Option<&'t str>,
    letters: &'t str,
}

fn directive(text: &str, at: usize) -> Result<(&str, Vec<Piece>), FormatError> {
    if let Some(rest) = text.strip_prefix("%%") {
        return Ok((rest, vec![Piece::Literal(b"%".to_vec())]));
    }
    let open = text.find('{');
    let parsed: IResult<&str, Directive<'_>> = split(text);
    let Ok((rest, d)) = parsed else {
        let shown: String = text.chars().take(12).collect();
        let message = match open {
            Some(open) if text.get(..open).is_some_and(|t| t.trim_end_matches(modifier) == "%") => {
                format!("`{shown}` has no closing brace, or no letter after it")
            }
            _ => format!("`{shown}`: no letter after the percent sign"),
        };
        return Err(FormatError::new(message, at));
    };
    let pieces = meaning(&d).map_err(|m| FormatError::new(m, at))?;
    Ok((rest, pieces))
}

/// `%!200,304<{Referer}i`: modifiers and argument in any order, as Apache reads them.
fn split(text: &str) -> IResult<&str, Directive<'_>> {
    let (rest, before) = preceded(char('%'), take_while(modifier)).parse(text)?;
    let (rest, argument) = opt(delimited(char('{'), take_until("}"), char('}'))).parse(rest)?;
    let (rest, after) = take_while(modifier).parse(rest)?;
    let letter = verify(take(1usize), |l: &str| l.chars().all(|c| c.is_ascii_alphabetic()));
    let two = preceded(char('^'), recognize((anychar, anychar)));
    let (rest, letters) = alt((two, letter)).parse(rest)?;
    let last = before.chars().chain(after.chars()).rfind(|c| matches!(c, '<' | '>'));
    Ok((rest, Directive { last: last == Some('>'), argument, letters }))
}

fn modifier(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '<' | '>' | '!' | ',')
}

fn meaning(d: &Directive<'_>) -> Result<Vec<Piece>, String> {
    if d.letters == "t" {
        return time(d.argument);
    }
    let (kind, field, rank) = of_letter(d)?;
    let name = match d.argument {
        Some(argument) => format!("%{{{argument}}}{}", d.letters),
        None => format!("%{}", d.letters),
    };
    Ok(vec![Piece::Variable(Element::new(&name, kind, field, rank))])
}

fn of_letter(d: &Directive<'_>) -> Result<(Kind, Field, u8), String> {
    use Kind::{Address, Host, Number, Protocol, Seconds, Status, Text, Word};
    let argument = d.argument.unwrap_or_default();
    Ok(match d.letters {
        "a" if argument == "c" => (Address, Field::Edge, 0),
        "a" => (Address, Field::Client, 0),
        "h" if argument == "c" => (Address, Field::Edge, 1),
        "h" => (Address, Field::Client, 1),
        "A" => (Address, Field::None, 0),
        "v" => (Host, Field::Server, 0),
        "V" => (Host, Field::Host, 1),
        "p" => (Number, Field::None, 0),
        "B" => (Number, Field::BodyBytesSent, 0),
        "b" => (Number, Field::BodyBytesClf, 1),
        "I" => (Number, Field::RequestLength, 0),
        "O" => (Number, Field::BytesSent, 0),
        "S" => (Number, Field::None, 0),
        // What the log's reader is told is the answer that was sent, not the one before a redirect.
        "s" => (Status, Field::Status, u8::from(!d.last)),
        "r" => (Text, Field::Request, 0),
        "m" => (Word, Field::Method, 0),
        "U" => (Text, Field::Path, 0),
        "q" => (Text, Field::Query, 0),
        "H" => (Protocol, Field::Protocol, 0),
        "u" => (Text, Field::User, 0),
        "P" if matches!(argument, "" | "pid") => (Number, Field::Pid, 0),
        "P" => (Word, Field::None, 0),
        "L" => (Word, Field::RequestId, 1),
        "D" => (Number, Field::RequestTime(Unit::Micros), 0),
        "T" => match argument {
            "us" => (Number, Field::RequestTime(Unit::Micros), 0),
            "ms" => (Number, Field::RequestTime(Unit::Millis), 1),
            "" | "s" => (Seconds, Field::RequestTime(Unit::Seconds), 2),
            other => return Err(format!("unknown unit `{other}` of %T; Apache has ms, us and s")),
        },
        "i" => header(argument),
        "e" | "n" if argument.eq_ignore_ascii_case("UNIQUE_ID") => (Word, Field::RequestId, 0),
        "k" | "FB" => (Number, Field::None, 0),
        "X" | "l" | "R" => (Word, Field::None, 0),
        "C" | "e" | "f" | "n" | "o" | "x" | "c" | "ti" | "to" => (Text, Field::None, 0),
        other => return Err(format!("Apache has no %{other}")),
    })
}

/// A header of the request.
fn header(name: &str) -> (Kind, Field, u8) {
    let field = match name.to_ascii_lowercase().as_str() {
        "referer" => Field::Referrer,
        "user-agent" => Field::UserAgent,
        "host" => Field::Host,
        "cf-ray" => Field::RayId,
        "cf-connecting-ip" => Field::Connecting,
        "x-forwarded-for" => Field::Forwarded,
        "x-request-id" => return (Kind::Text, Field::RequestId, 2),
        _ => Field::None,
    };
    (Kind::Text, field, 0)
}

/// `%t` and `%{FORMAT}t`.
fn time(argument: Option<&str>) -> Result<Vec<Piece>, String> {
    let Some(argument) = argument.filter(|a| !a.is_empty()) else {
        return Ok(vec![
            Piece::Literal(b"[".to_vec()),
            Piece::Variable(Element::new("%t", Kind::TimeLocal, Field::Time, 2)),
            Piece::Literal(b"]".to_vec()),
        ]);
    };
    let name = format!("%{{{argument}}}t");
    let begins: IResult<&str, &str> =
        terminated(is_a("abcdefghijklmnopqrstuvwxyz"), char(':')).parse(argument);
    let format = match begins {
        Ok((rest, "begin" | "end")) => rest,
        _ => argument,
    };
    let element = match format {
        "sec" | "msec" | "usec" => Element::new(&name, Kind::Number, Field::Time, 0),
        "msec_frac" | "usec_frac" => Element::new(&name, Kind::Number, Field::Fraction, 0),
        // Apache's own form when only a prefix is given.
        "" => Element::new(&name, Kind::TimeLocal, Field::Time, 2),
        _ => {
            let clock =
                Clock::compile(format).map_err(|c| format!("`%{c}` of `{name}` is not understood"))?;
            Element { clock: Some(clock), ..Element::new(&name, Kind::Clock, Field::Clock, 0) }
        }
    };
    Ok(vec![Piece::Variable(element)])
}
