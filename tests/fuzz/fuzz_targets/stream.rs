//! The guard and the client library behind it: no bytes make them panic, and how the bytes are cut
//! changes nothing. The first byte says where.
#![no_main]

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use hark_stream::connection::{Connection, guard::Limits};
use hark_engine::wire::Arrival;
use libfuzzer_sys::fuzz_target;

const SMALL: Limits = Limits { line_bytes_max: 64, event_bytes_max: 128 };

fn read(chunks: Vec<Bytes>) -> Vec<Arrival> {
    let arrivals = Connection::replay(chunks, None, SMALL).collect::<Vec<_>>().now_or_never();
    let mut arrivals = arrivals.expect("all is there already");
    arrivals.retain(|it| !matches!(it, Arrival::Alive | Arrival::Opened(_)));
    arrivals
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&at, stream)) = bytes.split_first() else { return };
    let (head, tail) = stream.split_at(usize::from(at).min(stream.len()));
    let whole = read(vec![Bytes::copy_from_slice(stream)]);
    assert_eq!(read(vec![Bytes::copy_from_slice(head), Bytes::copy_from_slice(tail)]), whole);
    assert_eq!(read(stream.chunks(1).map(Bytes::copy_from_slice).collect()), whole);
});
