use super::*;

/// The variables of a format.
fn seen(format: &str) -> String {
    let Layout::Template(template) = nginx(format).layout else { panic!("{format}") };
    template.names().map(|(_, name)| name.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn quoting_of_the_file() {
    let one = r#"1.2.3.4 "GET /" 200"#;
    for format in [
        r#"'$remote_addr "$request" $status'"#,
        r#"'$remote_addr ' '"$request" ' '$status'"#,
        "'$remote_addr '\n    '\"$request\" ' # the request\n    '$status';",
        r#""$remote_addr \"$request\" $status""#,
        r#""$remote_addr " '"$request"' ' $status'"#,
        r#"'$remote_addr "${request}" ${status}'"#,
        r#"escape=default '$remote_addr "$request" $status'"#,
        r#"log_format main '$remote_addr "$request" $status';"#,
        r#"  log_format  main escape=default '$remote_addr "$request" ' "$status" ;"#,
        r#"$remote_addr "$request" $status"#,
        r#"escape=default $remote_addr "$request" $status"#,
        r#"log_format main $remote_addr ' "$request" ' $status;"#,
    ] {
        let values = values(&nginx(format), one);
        assert_eq!(values, "remote_addr=1.2.3.4\nrequest=GET /\nstatus=200", "{format}");
        assert_eq!(nginx(format).escape(), Escape::Default, "{format}");
    }
}

#[test]
fn backslashes_in_quotes() {
    assert_eq!(values(&nginx(r#"'$status\t$pid\\$uri'"#), "200\t7\\/a"), "status=200\npid=7\nuri=/a");
    assert_eq!(values(&nginx(r#"'it\'s $status'"#), "it's 200"), "status=200");
    assert_eq!(values(&nginx(r#"'\d$status'"#), r"\d200"), "status=200");
}

#[test]
fn formats_without_quotes_of_the_file() {
    assert_eq!(seen(r#""$remote_addr" "$request""#), "remote_addr request");
    assert_eq!(seen(r#""$remote_addr":"$request""#), "remote_addr request");
    assert_eq!(seen(r#"{"a":"$remote_addr"}"#), "remote_addr");
    assert_eq!(values(&nginx(r#""$status" "$pid""#), r#""200" "7""#), "status=200\npid=7");
    assert_eq!(seen("$remote_addr|${status}x$pid"), "remote_addr status pid");
}

#[test]
fn escapes() {
    assert_eq!(nginx(r#"escape=json '{"s":$status}'"#).escape(), Escape::Json);
    assert_eq!(nginx("escape=none $status").escape(), Escape::None);
    assert!(nginx(r#"escape=json '{"s":$status}'"#).ends_closed());
    assert!(!nginx("$status $pid").ends_closed());
    assert_eq!(apache("%h").escape(), Escape::Apache);
}

#[track_caller]
fn refused(result: Result<AccessFormat, FormatError>, words: &str, at: usize) {
    let error = result.unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
    assert_eq!(error.offset(), at, "{error}");
}

#[test]
fn errors_name_their_place() {
    refused(AccessFormat::nginx("$status $"), "without the name", 8);
    refused(AccessFormat::nginx("'$status' '$ x'"), "without the name", 11);
    refused(AccessFormat::nginx("a${status b"), "closing brace", 1);
    refused(AccessFormat::nginx("'$status"), "' is never closed", 0);
    refused(AccessFormat::nginx("'$status' '$pid"), "' is never closed", 10);
    refused(AccessFormat::nginx("\"$status"), "\" is never closed", 0);
    refused(AccessFormat::nginx("escape=xml '$status'"), "escape=json", 0);
    refused(AccessFormat::nginx("'$status'x"), "blank is missing", 9);
    refused(AccessFormat::nginx("words alone"), "no variable", 0);
    refused(AccessFormat::nginx(""), "no variable", 0);
    refused(AccessFormat::nginx(&"$status ".repeat(257)), "more than 256", 0);
    refused(AccessFormat::apache("%h %y"), "no %y", 3);
    refused(AccessFormat::apache("%h %"), "no letter", 3);
    refused(AccessFormat::apache("%{Referer"), "closing brace", 0);
    refused(AccessFormat::apache("%h %{days}T"), "unknown unit `days`", 3);
    refused(AccessFormat::apache("%{%Q}t"), "`%Q`", 0);
    refused(AccessFormat::apache("100%%"), "no variable", 0);
    refused(AccessFormat::apache(r#""%h \"%r\""#), "never closed", 0);
}

#[test]
fn apache_quoting() {
    let line = r#"1.2.3.4 "GET /" 200"#;
    for format in [
        r#"%h \"%r\" %>s"#,
        r#"%h "%r" %>s"#,
        r#""%h \"%r\" %>s""#,
        r#"LogFormat "%h \"%r\" %>s" combined"#,
        r#"logformat "%h \"%r\" %>s""#,
    ] {
        assert_eq!(values(&apache(format), line), "%h=1.2.3.4\n%r=GET /\n%s=200", "{format}");
    }
}
