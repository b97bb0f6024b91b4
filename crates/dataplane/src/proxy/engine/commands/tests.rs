use super::*;

/// What goes on of `parts`, which come one after the other; `app` shows tokens, of which `good` is.
fn passed(parts: &[&[u8]]) -> String {
    let (mut commands, mut out) = (Commands::default(), Vec::new());
    for part in parts {
        commands.pass(part, &mut out, |user, token| match (user, token) {
            ("app", "good") => SignIn::As("secret".to_owned()),
            ("app", _) => SignIn::Refused,
            _ => SignIn::Untouched,
        });
    }
    String::from_utf8(out).unwrap()
}

fn command(words: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&words.iter().map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>(), &mut out);
    out
}

fn text(words: &[&str]) -> String {
    String::from_utf8(command(words)).unwrap()
}

#[test]
fn a_good_token_becomes_what_the_engine_knows_and_all_else_passes() {
    assert_eq!(passed(&[&command(&["auth", "app", "good"])]), text(&["auth", "app", "secret"]));
    assert_eq!(
        passed(&[&command(&["HELLO", "3", "AUTH", "app", "good", "SETNAME", "n"])]),
        text(&["HELLO", "3", "AUTH", "app", "secret", "SETNAME", "n"])
    );
    assert_eq!(passed(&[b"AUTH app good\r\n"]), text(&["AUTH", "app", "secret"]));
    for words in [
        &["AUTH", "app", "bad"][..],
        &["AUTH", "other", "good"],
        &["AUTH", "good"],
        &["HELLO"],
        &["HELLO", "3"],
        &["HELLO", "3", "AUTH", "app"],
        &["SET", "auth", "AUTH app good"],
        &["PING"],
    ] {
        assert_eq!(passed(&[&command(words)]), text(words));
    }
    for other in ["PING\r\n", "\r\n", "*0\r\n", "*-1\r\n", "AUTH \"app\" good\r\n", "*1\r\n+x\r\n", "*x\r\n"]
    {
        assert_eq!(passed(&[other.as_bytes()]), other);
    }
}

#[test]
fn it_does_not_matter_how_the_stream_is_cut() {
    let mut stream = command(&["SET", "key", &"*3\r\n$4\r\nAUTH\r\n".repeat(9000)]);
    let rest = [
        command(&["AUTH", "app", "good"]),
        b"AUTH app good\r\nGET x\r\n".to_vec(),
        command(&["HELLO", "2", "AUTH", "app", "good"]),
        command(&["GET", "key"]),
    ]
    .concat();
    let expected = [
        text(&["AUTH", "app", "secret"]),
        text(&["AUTH", "app", "secret"]),
        "GET x\r\n".to_owned(),
        text(&["HELLO", "2", "AUTH", "app", "secret"]),
        text(&["GET", "key"]),
    ]
    .concat();
    for cut in 0..rest.len() {
        assert_eq!(passed(&[&rest[..cut], &rest[cut..]]), expected, "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = rest.chunks(1).collect();
    assert_eq!(passed(&bytes), expected);
    let long = String::from_utf8(stream.clone()).unwrap();
    stream.extend_from_slice(&rest);
    let chunks: Vec<&[u8]> = stream.chunks(1000).collect();
    assert_eq!(passed(&chunks), long + &expected);
}

#[test]
fn in_a_transaction_no_token_is_good() {
    let told = passed(&[
        &command(&["AUTH", "app", "good"]),
        &command(&["MULTI"]),
        &command(&["AUTH", "app", "good"]),
        &command(&["AUTH", "other", "x"]),
        &command(&["EXEC"]),
        &command(&["AUTH", "app", "good"]),
    ]);
    let expected = [
        text(&["AUTH", "app", "secret"]),
        text(&["MULTI"]),
        text(&["AUTH"]),
        text(&["AUTH", "other", "x"]),
        text(&["EXEC"]),
        text(&["AUTH", "app", "secret"]),
    ];
    assert_eq!(told, expected.concat());
}

#[test]
fn a_multi_that_the_engine_refuses_begins_no_transaction() {
    let auth = command(&["AUTH", "app", "good"]);
    let signed_in = text(&["AUTH", "app", "secret"]);
    // Nobody signed in.
    assert_eq!(passed(&[&command(&["MULTI"]), &auth]), text(&["MULTI"]) + &signed_in);
    let reset = [auth.as_slice(), &command(&["RESET"]), &command(&["MULTI"]), &auth];
    assert_eq!(passed(&reset), signed_in.clone() + &text(&["RESET"]) + &text(&["MULTI"]) + &signed_in);
    // It takes no words.
    let wrong = [auth.as_slice(), &command(&["MULTI", "x"]), &auth];
    assert_eq!(passed(&wrong), signed_in.clone() + &text(&["MULTI", "x"]) + &signed_in);
}

#[test]
fn a_hellos_options_are_what_they_are_wherever_they_stand() {
    let hello = |words: &[&str]| passed(&[&command(words)]);
    assert_eq!(
        hello(&["HELLO", "3", "SETNAME", "auth", "AUTH", "app", "good"]),
        text(&["HELLO", "3", "SETNAME", "auth", "AUTH", "app", "secret"])
    );
    // A name, a secret and what is no option are nobody who signs in.
    for words in [
        &["HELLO", "3", "SETNAME", "auth", "app", "good"][..],
        &["HELLO", "3", "AUTH", "other", "auth", "app", "good"],
        &["HELLO", "3", "x", "AUTH", "app", "good"],
    ] {
        assert_eq!(hello(words), text(words));
    }
}
