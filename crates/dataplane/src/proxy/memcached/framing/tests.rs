use super::*;

fn shared(input: &[u8]) -> Option<usize> {
    match Protocol::Text.command(input) {
        Command::Shared { length, .. } => Some(length),
        _ => None,
    }
}

#[test]
fn plain_whole_commands_are_shared() {
    for command in [
        &b"get key\r\n"[..],
        b"gets one two three\r\n",
        b"gat 0 key\r\n",
        b"set key 0 -1 3\r\nabc\r\n",
        b"set key 4294 0 20\r\nconfig get cluster\r\n\r\n",
        b"cas key 0 0 1 77\r\nx\r\n",
        b"delete key\r\n",
        b"incr key 5\r\n",
        b"touch key 60\r\n",
        b"version\r\n",
    ] {
        assert_eq!(shared(command), Some(command.len()), "{}", command.escape_ascii());
        for cut in 1..command.len() {
            assert_eq!(Protocol::Text.command(&command[..cut]), Command::Partial, "{cut}");
        }
    }
}

#[test]
fn whatever_the_server_may_read_otherwise_goes_alone() {
    let long = [b"get ".as_slice(), &[b'k'; 251], b"\r\n"].concat();
    for command in [
        &b"get key\n"[..],
        b"get  key\r\n",
        b"get\r\n",
        b"set key 0 0 1 noreply\r\nx\r\n",
        b"set key 0 0 1\r\nxyz\r\n",
        b"set key 99999999999 0 1\r\nx\r\n",
        b"set key 0 0 99999999\r\n",
        b"set key x 0 1\r\nx\r\n",
        b"incr key 99999999999999999999\r\n",
        b"delete key noreply\r\n",
        b"mg key v\r\n",
        b"stats\r\n",
        &long,
    ] {
        let alone = matches!(Protocol::Text.command(command), Command::Own { .. });
        assert!(alone, "{}", command.escape_ascii());
    }
}

#[test]
fn the_data_that_follows_a_line_belongs_to_it() {
    for (input, length) in [
        (&b"set key 0 0 99999999\r\n"[..], 22 + 99_999_999 + 2),
        (b"append key 0 0 1 noreply\r\nx\r\n", 29),
        (b"ms key 3 T0\r\nabc\r\n", 18),
        (b"set key 0 0 -1\r\n", 16),
        (b"set key 0 0\r\n", 13),
    ] {
        assert_eq!(Protocol::Text.command(input), Command::Own { length }, "{}", input.escape_ascii());
    }
}

#[test]
fn queries_are_the_proxys() {
    for (line, query, length) in [
        (&b"config get cluster\r\n"[..], Query::Config, 20),
        (b"config get cluster\n", Query::Config, 19),
        (b"get AmazonElastiCache:cluster\r\n", Query::Get, 31),
        (b"gets AmazonElastiCache:cluster\r\n", Query::Gets, 32),
        (b"config set cluster 0 5\r\nabcde\r\n", Query::Tampering, 31),
        (b"config get other\r\n", Query::Other, 18),
        (b"config\r\n", Query::Nonsense, 8),
    ] {
        assert_eq!(Protocol::Text.command(line), Command::Query { length, query });
    }
}

#[test]
fn packets_are_told_by_their_headers() {
    let mut get = vec![0_u8; 24];
    (get[0], get[1], get[3], get[11]) = (0x80, 0x60, 7, 7);
    get[12..16].copy_from_slice(&[1, 2, 3, 4]);
    get.extend_from_slice(b"cluster");
    assert_eq!(Protocol::of(get[0]), Protocol::Binary);
    let query = Query::Binary { opcode: 0x60, opaque: [1, 2, 3, 4], known: true };
    assert_eq!(Protocol::Binary.command(&get), Command::Query { length: 31, query });
    assert_eq!(Protocol::Binary.command(&get[..30]), Command::Partial);
    get[1] = 0x01;
    assert_eq!(Protocol::Binary.command(&get[..24]), Command::Own { length: 31 });
}

#[test]
fn replies_end_where_their_form_says() {
    let input = b"VALUE k 0 5\r\nEND\r\n\r\nVALUE l 0 0 9\r\n\r\nEND\r\n";
    let mut replies = Replies::default();
    let (mut at, mut pieces) = (0, Vec::new());
    while at < input.len() {
        let piece = replies.piece(Reply::Values, &input[at..]).unwrap();
        at += piece.length;
        pieces.push((piece.length, piece.last));
    }
    assert_eq!(pieces, [(13, false), (7, false), (15, false), (2, false), (5, true)]);
    let error = replies.piece(Reply::Values, b"SERVER_ERROR out of memory\r\n").unwrap();
    assert!(error.last);
    assert_eq!(replies.piece(Reply::Line, b"STOR").unwrap().length, 0);
}
