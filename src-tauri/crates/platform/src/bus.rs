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

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// It did not come in time: what was known before may still be so.
    Late,
    /// Nobody is there, or it is an error, of this name where it has one.
    Error(Option<String>),
}

/// An answer did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late;

/// What somebody says; none where nobody does.
pub type Said = Result<Option<bool>, Late>;

/// What an answer says.
pub fn said(answer: Result<bool, NoAnswer>) -> Said {
    match answer {
        Ok(yes) => Ok(Some(yes)),
        Err(NoAnswer::Late) => Err(Late),
        Err(NoAnswer::Error(_)) => Ok(None),
    }
}

/// Asks somebody who is there.
pub async fn call<B, R>(
    connection: &Connection,
    place: Place,
    method: &str,
    body: &B,
) -> Result<R, NoAnswer>
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
        Ok(Ok(answer)) => answer.ok_or(NoAnswer::Error(None)),
        Ok(Err(zbus::Error::MethodError(name, ..))) => Err(NoAnswer::Error(Some(name.to_string()))),
        Ok(Err(_)) => Err(NoAnswer::Error(None)),
        Err(_) => Err(NoAnswer::Late),
    }
}

/// Of several who may know: whether one says yes. None where nobody knows.
///
/// # Errors
/// Where nobody says yes, and one who may has not answered in time.
pub fn answered<const N: usize>(all: [Said; N]) -> Said {
    if all.contains(&Ok(Some(true))) {
        return Ok(Some(true));
    }
    let mut any = None;
    for said in all {
        any = any.or(said?);
    }
    Ok(any)
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
        assert_eq!(answered([Ok(None), Ok(None)]), Ok(None));
        assert_eq!(answered([Ok(None), Ok(Some(false))]), Ok(Some(false)));
        assert_eq!(answered([Ok(Some(true)), Ok(Some(false))]), Ok(Some(true)));
        assert_eq!(answered([Ok(Some(true)), Err(Late)]), Ok(Some(true)));
        assert_eq!(answered([Ok(Some(false)), Err(Late)]), Err(Late));
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
