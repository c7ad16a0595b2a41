//! A browser's page with one call: the `webrtc` crate on a runtime of its own, so that a page can vanish with all it
//! has.

use crate::ear::{Ear, Mouth, PATIENCE, Received};
use media::dtmf::Sender;
use media::g711::Codec;
use media::rtp::Stamp;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::RTCDtlsRole;
use rtc::rtp_transceiver::RTCRtpTransceiverDirection;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler};

struct Shared {
    ear: Ear,
    digits: Mutex<Sender>,
    is_quiet: AtomicBool,
    state: watch::Sender<RTCPeerConnectionState>,
}

struct Events(Arc<Shared>);

/// What `async_trait` makes of a method that answers nothing.
type Later<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

impl PeerConnectionEventHandler for Events {
    fn on_connection_state_change<'life0, 'async_trait>(
        &'life0 self,
        state: RTCPeerConnectionState,
    ) -> Later<'async_trait>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            self.0.state.send_replace(state);
        })
    }

    fn on_track<'life0, 'async_trait>(&'life0 self, track: Arc<dyn TrackRemote>) -> Later<'async_trait>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { drop(tokio::spawn(listen(shared, track))) })
    }
}

async fn listen(shared: Arc<Shared>, track: Arc<dyn TrackRemote>) {
    while let Some(event) = track.poll().await {
        if let TrackRemoteEvent::OnRtpPacket(packet) = event {
            shared.ear.hear(&Received {
                ssrc: packet.header.ssrc,
                sequence: packet.header.sequence_number,
                timestamp: packet.header.timestamp,
                payload_type: packet.header.payload_type,
                payload: &packet.payload,
            });
        }
    }
}

async fn talk(shared: Arc<Shared>, track: Arc<TrackLocalStaticRTP>, mut mouth: Mouth) {
    let mut clock = tokio::time::interval(Duration::from_millis(20));
    loop {
        clock.tick().await;
        if *shared.state.borrow() != RTCPeerConnectionState::Connected || shared.is_quiet.load(Ordering::Relaxed) {
            mouth.pause();
            continue;
        }
        let said = mouth.say(&mut shared.digits.lock().unwrap());
        if let Some((payload_type, stamp, payload)) = said {
            let _ = track.write_rtp(packet(payload_type, stamp, payload)).await;
        }
    }
}

fn packet(payload_type: u8, stamp: Stamp, payload: Vec<u8>) -> rtc::rtp::Packet {
    let header = rtc::rtp::Header {
        version: 2,
        marker: stamp.marker,
        payload_type,
        sequence_number: stamp.sequence,
        timestamp: stamp.timestamp,
        ssrc: stamp.ssrc,
        ..Default::default()
    };
    rtc::rtp::Packet { header, payload: payload.into() }
}

fn codec(mime: &str, clock_rate: u32, payload_type: u8) -> RTCRtpCodecParameters {
    let channels = if clock_rate == 8_000 { 1 } else { 2 };
    let rtp_codec = RTCRtpCodec {
        mime_type: mime.to_owned(),
        clock_rate,
        channels,
        sdp_fmtp_line: String::new(),
        rtcp_feedback: Vec::new(),
    };
    RTCRtpCodecParameters { rtp_codec, payload_type }
}

/// Like a browser's: what we cannot do comes first.
fn codecs(event_type: u8) -> Vec<RTCRtpCodecParameters> {
    vec![
        codec("audio/opus", 48_000, 111),
        codec("audio/PCMU", 8_000, 0),
        codec("audio/PCMA", 8_000, 8),
        codec("audio/telephone-event", 8_000, event_type),
    ]
}

fn track(ssrc: u32) -> TrackLocalStaticRTP {
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec: codec("audio/PCMU", 8_000, 0).rtp_codec,
        ..Default::default()
    };
    let (stream, track) = (format!("stream-{ssrc}"), format!("track-{ssrc}"));
    TrackLocalStaticRTP::new(MediaStreamTrack::new(
        stream,
        track,
        "microphone".to_owned(),
        RtpCodecKind::Audio,
        vec![encoding],
    ))
}

async fn connection(
    shared: Arc<Shared>,
    event_type: u8,
    track: Arc<TrackLocalStaticRTP>,
) -> webrtc::error::Result<Arc<dyn PeerConnection>> {
    let mut engine = MediaEngine::default();
    for codec in codecs(event_type) {
        engine.register_codec(codec, RtpCodecKind::Audio)?;
    }
    let settings = SettingEngineBuilder::new()
        .with_include_loopback_candidate(true)
        // As browsers answer, even to a lite agent.
        .with_answering_dtls_role(RTCDtlsRole::Client)
        .build();
    let connection: Arc<dyn PeerConnection> = Arc::new(
        PeerConnectionBuilder::new()
            .with_media_engine(engine)
            .with_setting_engine(settings)
            .with_handler(Arc::new(Events(shared)))
            .with_udp_addrs(vec!["127.0.0.1:0"])
            .build()
            .await?,
    );
    connection.add_track(track).await?;
    for transceiver in connection.get_transceivers().await {
        transceiver.set_codec_preferences(codecs(event_type)).await?;
    }
    Ok(connection)
}

/// A page of a browser.
pub struct Page {
    shared: Arc<Shared>,
    connection: Arc<dyn PeerConnection>,
    runtime: Option<Runtime>,
}

impl Page {
    /// A page with this payload type of events, and voice.
    pub fn new(event_type: u8, tone: u32) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let shared = Arc::new(Shared {
            ear: Ear::new(Codec::Pcmu, event_type),
            digits: Mutex::default(),
            is_quiet: AtomicBool::new(false),
            state: watch::Sender::new(RTCPeerConnectionState::New),
        });
        let ssrc = 2_000 + tone;
        let (track, mouth) = (Arc::new(track(ssrc)), Mouth::new(Codec::Pcmu, event_type, tone, ssrc));
        let made = connection(Arc::clone(&shared), event_type, Arc::clone(&track));
        let connection = runtime.block_on(made).unwrap();
        runtime.spawn(talk(Arc::clone(&shared), track, mouth));
        Self { shared, connection, runtime: Some(runtime) }
    }

    fn run<T>(&self, step: impl Future<Output = webrtc::error::Result<T>>) -> T {
        self.runtime.as_ref().unwrap().block_on(step).unwrap()
    }

    /// An offer of the page.
    pub fn offer(&self) -> String {
        self.run(async {
            let offer = self.connection.create_offer(None).await?;
            self.connection.set_local_description(offer).await?;
            Ok(self.connection.local_description().await.unwrap().sdp)
        })
    }

    /// A later offer, which wants this.
    pub fn reoffer(&self, direction: RTCRtpTransceiverDirection) -> String {
        self.run(async {
            for transceiver in self.connection.get_transceivers().await {
                transceiver.set_direction(direction).await?;
            }
            Ok(())
        });
        self.offer()
    }

    /// Take the answer to the page's offer.
    pub fn accept(&self, answer: &str) {
        let answer = RTCSessionDescription::answer(answer.to_owned()).unwrap();
        self.run(self.connection.set_remote_description(answer));
    }

    /// Answer an offer.
    pub fn answer(&self, offer: &str) -> String {
        let offer = RTCSessionDescription::offer(offer.to_owned()).unwrap();
        self.run(async {
            self.connection.set_remote_description(offer).await?;
            let answer = self.connection.create_answer(None).await?;
            self.connection.set_local_description(answer).await?;
            Ok(self.connection.local_description().await.unwrap().sdp)
        })
    }

    /// Wait until the page says that it is connected.
    pub fn wait_connected(&self) {
        let mut state = self.shared.state.subscribe();
        self.run(async {
            let connected = state.wait_for(|state| *state == RTCPeerConnectionState::Connected);
            let _ = tokio::time::timeout(PATIENCE, connected).await.expect("never connected").unwrap();
            Ok(())
        });
    }

    /// Say nothing, or talk again.
    pub fn set_quiet(&self, quiet: bool) {
        self.shared.is_quiet.store(quiet, Ordering::Relaxed);
    }

    pub fn key(&self, digits: &str) {
        self.shared.digits.lock().unwrap().push(digits);
    }

    /// End the session in an orderly way.
    pub fn close(&self) {
        self.run(self.connection.close());
    }

    /// The browser is killed: nothing more comes of it.
    pub fn vanish(self) {
        drop(self);
    }
}

impl Deref for Page {
    type Target = Ear;

    fn deref(&self) -> &Ear {
        &self.shared.ear
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
