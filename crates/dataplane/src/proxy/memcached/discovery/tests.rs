use super::*;

fn list() -> NodeList {
    let node = |number: u8| ListedNode {
        host: format!("c.abcdef.000{number}.use1.cache.simfra.dev"),
        address: [172, 31, 16, number].into(),
        port: 11211,
    };
    NodeList { version: 12, nodes: vec![node(2), node(1)] }
}

fn source(content: &[u8]) -> (tempfile::NamedTempFile, Source) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    let source = Source::new(file.path().to_owned());
    (file, source)
}

#[test]
fn the_reply_is_as_the_reference_has_it() {
    let (_file, mut source) = source(&list().to_file());
    let answer = String::from_utf8(Query::Config.answer(&mut source)).unwrap();
    assert_eq!(
        answer,
        "CONFIG cluster 0 111\r\n12\n\
         c.abcdef.0001.use1.cache.simfra.dev|172.31.16.1|11211 \
         c.abcdef.0002.use1.cache.simfra.dev|172.31.16.2|11211\n\r\nEND\r\n"
    );
}

#[test]
fn half_a_file_leaves_the_list_before() {
    let (file, mut source) = source(&list().to_file());
    let before = Query::Get.answer(&mut source);
    let whole = NodeList { version: 13, ..list() }.to_file();
    std::fs::write(file.path(), &whole[..whole.len() - 1]).unwrap();
    assert_eq!(Query::Get.answer(&mut source), before);
    std::fs::write(file.path(), &whole).unwrap();
    assert!(String::from_utf8(Query::Get.answer(&mut source)).unwrap().contains("\r\n13\n"));
}

#[test]
fn nothing_is_known_before_it_is_told() {
    let (_file, mut source) = source(b"");
    assert_eq!(Query::Config.answer(&mut source), b"END\r\n");
    let query = Query::Binary { opcode: 0x60, opaque: [9; 4], known: true };
    assert_eq!(query.answer(&mut source)[..8], [0x81, 0x60, 0, 0, 0, 0, 0, 1]);
}
