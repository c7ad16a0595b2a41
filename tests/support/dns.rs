//! A server of the domain name system with the records of a test.

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, NAPTR, SRV};
use hickory_resolver::proto::rr::{Name, RData, Record};
use std::net::{IpAddr, SocketAddr};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// A server. It ends when dropped.
pub struct Dns {
    /// Where it is asked.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

fn name(text: &str) -> Name {
    Name::from_ascii(format!("{text}.")).unwrap()
}

fn record(of: &str, data: RData) -> Record {
    Record::from_rdata(name(of), 60, data)
}

/// The service of a name by UDP.
pub fn naptr(of: &str, next: &str) -> Record {
    let bytes = |text: &str| text.as_bytes().to_vec().into_boxed_slice();
    record(of, RData::NAPTR(NAPTR::new(10, 10, bytes("s"), bytes("SIP+D2U"), bytes(""), name(next))))
}

/// A target of a service.
pub fn srv(of: &str, priority: u16, port: u16, target: &str) -> Record {
    record(of, RData::SRV(SRV::new(priority, 1, port, name(target))))
}

/// An address of a name.
pub fn address(of: &str, ip: IpAddr) -> Record {
    let data = match ip {
        IpAddr::V4(ip) => RData::A(A(ip)),
        IpAddr::V6(ip) => RData::AAAA(AAAA(ip)),
    };
    record(of, data)
}

impl Dns {
    /// Serves these records, and says of all else that it does not exist.
    pub async fn serve(records: Vec<Record>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let answer = move |bytes: &[u8]| {
            let question = Message::from_vec(bytes).unwrap();
            let query = question.queries.first().unwrap().clone();
            let mut answer = Message::response(question.metadata.id, OpCode::Query);
            let fits = |record: &&Record| record.name == *query.name() && record.record_type() == query.query_type();
            answer.add_answers(records.iter().filter(fits).cloned());
            if !records.iter().any(|record| record.name == *query.name()) {
                answer.metadata.response_code = ResponseCode::NXDomain;
            }
            answer.add_query(query);
            answer.to_vec().unwrap()
        };
        let task = tokio::spawn(async move {
            let mut buffer = vec![0; 4_096];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let _ = socket.send_to(&answer(&buffer[..length]), from).await;
            }
        });
        Self { address, task }
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.task.abort();
    }
}
