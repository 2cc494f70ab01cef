//! What those who listen on a bus share: to ask with a deadline without starting anybody, and to ask again
//! after news while the news goes on being read.

use std::time::Duration;

use futures_util::{
    FutureExt, Stream, StreamExt,
    future::{BoxFuture, FusedFuture},
};
use serde::Serialize;
use tokio::time::timeout;
use zbus::{
    Connection, Proxy,
    proxy::{CacheProperties, MethodFlags},
    zvariant::{DynamicDeserialize, DynamicType},
};

/// How long an answer is waited for.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Where something is on a bus.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Whose.
    pub name: &'static str,
    /// Which object.
    pub path: &'static str,
    /// As what.
    pub interface: &'static str,
}

/// Asks somebody who is there. The error is the name of that which was answered, where one was.
pub async fn call<B, R>(
    connection: &Connection,
    place: Place,
    method: &str,
    body: &B,
) -> Result<R, Option<String>>
where
    B: Serialize + DynamicType + Sync,
    R: for<'d> DynamicDeserialize<'d>,
{
    let asked = async {
        let proxy: Proxy<'_> = zbus::proxy::Builder::new(connection)
            .destination(place.name)?
            .path(place.path)?
            .interface(place.interface)?
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        proxy.call_with_flags(method, MethodFlags::NoAutoStart.into(), body).await
    };
    match timeout(CALL_TIMEOUT, asked).await {
        Ok(Ok(answer)) => answer.ok_or(None),
        Ok(Err(zbus::Error::MethodError(name, ..))) => Err(Some(name.to_string())),
        Ok(Err(_)) | Err(_) => Err(None),
    }
}

/// Of several who may know: whether one says yes. None where nobody knows.
pub fn answered<const N: usize>(all: [Option<bool>; N]) -> Option<bool> {
    all.into_iter().flatten().reduce(|one, other| one || other)
}

/// Asks now, and again after news, one question at a time. News is read meanwhile: what is left unread on a
/// connection holds back every answer on it. Ends when the news does.
pub async fn ask_after<T>(
    mut news: impl Stream<Item = ()> + Unpin,
    ask: impl Fn() -> BoxFuture<'static, T>,
    mut tell: impl FnMut(T),
) {
    let mut asking = ask().fuse();
    let mut again = false;
    loop {
        tokio::select! {
            biased;
            told = news.next() => match told {
                None => return,
                Some(()) => again = true,
            },
            answer = &mut asking, if !asking.is_terminated() => tell(answer),
        }
        if again && asking.is_terminated() {
            again = false;
            asking = ask().fuse();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    };

    use tokio::sync::{Notify, mpsc};

    use super::*;

    #[test]
    fn one_yes_is_a_yes_and_what_nobody_knows_is_not_known() {
        assert_eq!(answered([None, None]), None);
        assert_eq!(answered([None, Some(false)]), Some(false));
        assert_eq!(answered([Some(true), Some(false)]), Some(true));
    }

    #[tokio::test]
    async fn after_news_it_is_asked_again_once_what_is_asked_has_been_answered() {
        let (tell, news) = mpsc::channel(8);
        let news = futures_util::stream::unfold(news, |mut news| async move {
            news.recv().await.map(|told| (told, news))
        });
        let (asked, go) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let (answers, mut answered) = mpsc::channel(8);
        let ask = {
            let (asked, go) = (asked.clone(), go.clone());
            move || {
                let (asked, go) = (asked.clone(), go.clone());
                async move {
                    let number = asked.fetch_add(1, Relaxed);
                    go.notified().await;
                    number
                }
                .boxed()
            }
        };
        let asking = tokio::spawn(ask_after(news.boxed(), ask, move |answer| {
            answers.try_send(answer).unwrap();
        }));
        for _ in 0..3 {
            tell.send(()).await.unwrap();
        }
        while tell.capacity() < 8 {
            tokio::task::yield_now().await;
        }
        assert_eq!(asked.load(Relaxed), 1, "one question at a time");
        go.notify_one();
        assert_eq!(answered.recv().await, Some(0));
        go.notify_one();
        assert_eq!(answered.recv().await, Some(1), "all that was told meanwhile is one more");
        drop(tell);
        asking.await.unwrap();
        assert_eq!(asked.load(Relaxed), 2);
    }
}
