//! The words of an nginx configuration.
//!
//! As `ngx_conf_read_token` of nginx's `src/core/ngx_conf_file.c` cuts them: quotes and `#` mean something at the
//! beginning of a word only, a backslash takes the next character as it is, `{` ends a word unless it follows `$`.

/// What the text consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    Word(Word<'a>),
    /// `;`
    End,
    /// `{`
    Open,
    /// `}`
    Close,
}

/// A word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Word<'a> {
    /// As written, with its quotes.
    pub(super) raw: &'a str,
    /// What it means.
    pub(super) text: String,
}

/// Cuts text into words.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Lexer<'a> {
        Lexer { text, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.byte(0)
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|b| b != b'\n') {
            self.at += 1;
        }
    }

    fn word(&mut self) -> Word<'a> {
        let start = self.at;
        let quote = self.peek().filter(|b| matches!(b, b'"' | b'\''));
        self.at += usize::from(quote.is_some());
        let from = self.at;
        let mut before = 0;
        while let Some(byte) = self.peek() {
            match (byte, quote) {
                (b'\\', _) => {
                    // The next character belongs to the word, whatever it is.
                    self.at += 1 + usize::from(self.byte(1).is_some());
                    before = 0;
                    continue;
                }
                (_, Some(quote)) if byte == quote => break,
                (b';' | b' ' | b'\t' | b'\r' | b'\n', None) => break,
                (b'{', None) if before != b'$' => break,
                _ => {}
            }
            before = byte;
            self.at += 1;
        }
        let text = unescaped(self.since(from));
        self.at += usize::from(quote.is_some() && self.peek().is_some());
        Word { raw: self.since(start), text }
    }

    /// Passes over a block of Lua up to its `}`: braces in strings and comments do not count.
    pub(super) fn skip_lua(&mut self) {
        let mut depth = 1usize;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b'"' | b'\'' => self.skip_lua_string(byte),
                b'[' => _ = self.skip_long_bracket(),
                b'-' if self.peek() == Some(b'-') => {
                    self.at += 1;
                    let long = self.peek() == Some(b'[') && {
                        self.at += 1;
                        self.skip_long_bracket()
                    };
                    if !long {
                        self.skip_line();
                    }
                }
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_lua_string(&mut self, quote: u8) {
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                // A string of Lua ends with its line.
                b'\n' => return,
                _ if byte == quote => return,
                _ => {}
            }
        }
    }

    /// After `[`: passes over `[[..]]` and `[==[..]==]`. Whether it was one.
    fn skip_long_bracket(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let level = rest.bytes().take_while(|b| *b == b'=').count();
        if rest.as_bytes().get(level) != Some(&b'[') {
            return false;
        }
        let end = format!("]{}]", "=".repeat(level));
        self.at += rest.find(&end).map_or(rest.len(), |at| at + end.len());
        true
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let single = match self.peek()? {
                b' ' | b'\t' | b'\r' | b'\n' => None,
                b'#' => {
                    self.skip_line();
                    continue;
                }
                b';' => Some(Token::End),
                b'{' => Some(Token::Open),
                b'}' => Some(Token::Close),
                _ => return Some(Token::Word(self.word())),
            };
            self.at += 1;
            if single.is_some() {
                return single;
            }
        }
    }
}

/// A word without its escapes: `\"`, `\'`, `\\`, `\t`, `\r`, `\n`; before other characters a backslash stays.
fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            text.push(char);
            continue;
        }
        match chars.next() {
            Some(quoted @ ('"' | '\'' | '\\')) => text.push(quoted),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('n') => text.push('\n'),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        Lexer::new(text)
            .map(|token| match token {
                Token::Word(word) => word.text,
                Token::End => ";".into(),
                Token::Open => "{".into(),
                Token::Close => "}".into(),
            })
            .collect()
    }

    #[test]
    fn words_of_nginx() {
        assert_eq!(
            tokens("a b#c \"d ; e\" 'f \" g';# h ' \" {\nlocation ~ ${x}y{}"),
            ["a", "b#c", "d ; e", "f \" g", ";", "location", "~", "${x}y", "{", "}"]
        );
        assert_eq!(tokens(r#"'it\'s' "\"" \; a\ b \d c\\"#), ["it's", "\"", r"\;", r"a\ b", r"\d", r"c\"]);
        assert_eq!(tokens("a}b;}"), ["a}b", ";", "}"]);
    }

    #[test]
    fn raw_words_keep_their_quotes() {
        let raw: Vec<&str> = Lexer::new(r#"'a "b" \'c' "d"e"#)
            .filter_map(|t| if let Token::Word(w) = t { Some(w.raw) } else { None })
            .collect();
        assert_eq!(raw, [r#"'a "b" \'c'"#, r#""d""#, "e"]);
    }

    #[test]
    fn broken_text_ends() {
        for text in ["\"a", "'", "a\\", "\\", "$", "${", "#", "'a\\", "\\é", "'\\é"] {
            assert!(tokens(text).len() <= 2, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn words_lie_inside_the_text(text in "[a{};#'\"\\\\$\\[\\]=\n é-]{0,40}") {
            let mut at = 0;
            for token in Lexer::new(&text) {
                if let Token::Word(word) = token {
                    let begin = word.raw.as_ptr() as usize - text.as_ptr() as usize;
                    assert!(begin >= at && begin + word.raw.len() <= text.len() && !word.raw.is_empty());
                    at = begin + word.raw.len();
                }
            }
            let mut lexer = Lexer::new(&text);
            lexer.skip_lua();
            lexer.for_each(drop);
        }
    }

    #[test]
    fn lua_is_passed_over() {
        for lua in [
            "local t = { a = { 1 } } } ",
            "s = '}' .. \"\\\"}\" } ",
            "-- it's } here\n x() } ",
            "--[[ } \n } ]] x() } ",
            "--[==[ ]] } ]==] } ",
            "s = [[ } ' ]] t[1] = a[ [=[ } ]=] ] } ",
            "s = [=x] } ",
        ] {
            let text = format!("{lua}next;");
            let mut lexer = Lexer::new(&text);
            lexer.skip_lua();
            assert_eq!(lexer.next(), Some(Token::Word(Word { raw: "next", text: "next".into() })), "{lua}");
        }
        for lua in ["", "{", "'", "'\\", "[[", "--[[", "--[", "--", "\"é\\"] {
            let mut lexer = Lexer::new(lua);
            lexer.skip_lua();
            assert_eq!(lexer.next(), None, "{lua}");
        }
    }
}
