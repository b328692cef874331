//! The site: configuration, scripts, ports and the start of both servers.

use std::fs;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::Duration;

use crate::http;
use crate::process::{Programs, Server, Workdir, command, is_root, wait_until};

const START: Duration = Duration::from_secs(10);

const SCRIPTS: [(&str, &str); 11] = [
    ("hello.php", "<?php echo 'pid=', getmypid(), ';';"),
    ("sleep.php", "<?php sleep((int) $_GET['s']);"),
    ("crash.php", "<?php file_put_contents(__DIR__ . '/../crash.pid', getmypid() . \"\\n\"); sleep(20);"),
    ("fatal.php", "<?php function deep() { throw new RuntimeException('db gone'); }\ndeep();"),
    ("memory.php", "<?php ini_set('memory_limit', '4M'); $text = str_repeat('x', 64 << 20);"),
    ("cpu.php", "<?php set_time_limit(1); while (true) { }"),
    ("parse.php", "<?php echo 'unfinished"),
    ("warning.php", "<?php trigger_error('beware', E_USER_WARNING);"),
    ("notice.php", "<?php trigger_error('mind this', E_USER_NOTICE);"),
    ("own.php", "<?php error_log('checkout: card declined');"),
    ("header.php", "<?php header('X-Big: ' . str_repeat('x', 20000)); echo 'big';"),
];

/// The ports of a site, and what keeps the dead ones dead.
pub(crate) struct Ports {
    pub(crate) main: u16,
    pub(crate) second: u16,
    backend: u16,
    closed: u16,
    closed_udp: u16,
    /// Hold `closed` and `closed_udp`, so that nobody else begins to listen there.
    _taken: (TcpStream, TcpListener, UdpSocket),
}

impl Ports {
    fn choose() -> Ports {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let socket = UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        socket.connect(("127.0.0.1", 9)).unwrap(); // takes packets of this peer alone, refuses all others
        Ports {
            main: free_port(),
            second: free_port(),
            backend: http::start_backend(),
            closed: stream.local_addr().unwrap().port(),
            closed_udp: socket.local_addr().unwrap().port(),
            _taken: (stream, listener, socket),
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Everything that runs. The servers come first: they end before their directory goes.
pub(crate) struct Site {
    pub(crate) nginx: Server,
    pub(crate) nginx_default: Server,
    pub(crate) fpm: Server,
    pub(crate) ports: Ports,
    pub(crate) programs: Programs,
    pub(crate) dir: Workdir,
}

impl Site {
    pub(crate) fn start(programs: Programs) -> Site {
        let dir = Workdir::create();
        for name in ["tmp", "www", "www/listing"] {
            fs::create_dir(dir.path(name)).unwrap();
        }
        for (name, code) in SCRIPTS {
            dir.write(&format!("www/{name}"), code);
        }
        dir.write("www/index.txt", "static\n");
        dir.write("users", "alice:{PLAIN}secret\n");
        drop(UnixListener::bind(dir.path("dead.sock")).unwrap()); // the file stays, nobody listens
        let mut ports = Ports::choose();
        let fpm = start_fpm(&programs, &dir, &ports);
        for _ in 0..3 {
            if let Some((nginx, nginx_default)) = start_nginx(&programs, &dir, &ports) {
                return Site { nginx, nginx_default, fpm, ports, programs, dir };
            }
            ports = Ports::choose(); // someone else took one in between
        }
        panic!("nginx does not start: {}{}", dir.read("nginx-run.stderr"), dir.read("nginx-error.log"));
    }

    /// Fills in a template and writes it into the directory.
    pub(crate) fn configure(&self, name: &str, template: &str) -> String {
        write_configuration(&self.dir, &self.ports, name, template)
    }

    pub(crate) fn nginx_command(&self, configuration: &str) -> Command {
        nginx_command(&self.programs, &self.dir, configuration)
    }

    pub(crate) fn fpm_command(&self, configuration: &str) -> Command {
        fpm_command(&self.programs, &self.dir, configuration)
    }
}

fn write_configuration(dir: &Workdir, ports: &Ports, name: &str, template: &str) -> String {
    let nginx = template.contains("events");
    let user = match (is_root(), nginx) {
        (false, _) => "",
        (true, true) => "user root root;",
        (true, false) => "user = root\ngroup = root",
    };
    let text = template
        .replace("@USER@", user)
        .replace("@DIR@", dir.text())
        .replace("@PORT@", &ports.main.to_string())
        .replace("@PORT2@", &ports.second.to_string())
        .replace("@BACKEND@", &ports.backend.to_string())
        .replace("@CLOSED@", &ports.closed.to_string())
        .replace("@CLOSED_UDP@", &ports.closed_udp.to_string());
    dir.write(name, &text);
    dir.path(name).to_str().unwrap().to_owned()
}

fn nginx_command(programs: &Programs, dir: &Workdir, configuration: &str) -> Command {
    let mut nginx = command(&programs.nginx, dir);
    nginx.args(["-p", dir.text(), "-c", configuration]);
    nginx
}

/// `-n`: without php.ini. Only root may, and must, give `-R`.
fn fpm_command(programs: &Programs, dir: &Workdir, configuration: &str) -> Command {
    let mut fpm = command(&programs.fpm, dir);
    fpm.args(["-F", "-n", "-y", configuration]);
    if is_root() {
        fpm.arg("-R");
    }
    fpm
}

fn start_fpm(programs: &Programs, dir: &Workdir, ports: &Ports) -> Server {
    let configuration = write_configuration(dir, ports, "php-fpm.conf", include_str!("php-fpm.conf"));
    let stderr = dir.path("php-fpm-start.stderr");
    let fpm = Server::start(&mut fpm_command(programs, dir, &configuration), &stderr);
    let ready = dir.logged("php-fpm.log", "ready to handle connections", START);
    assert!(ready, "php-fpm does not start: {}", dir.read("php-fpm-start.stderr"));
    fpm
}

fn start_nginx(programs: &Programs, dir: &Workdir, ports: &Ports) -> Option<(Server, Server)> {
    let start = |name: &str, template: &str| {
        let configuration = write_configuration(dir, ports, &format!("{name}.conf"), template);
        let pid_file = dir.path(&format!("{name}.pid"));
        let _ = fs::remove_file(&pid_file);
        let stderr = dir.path("nginx-run.stderr");
        let mut server = Server::start(&mut nginx_command(programs, dir, &configuration), &stderr);
        // The file is written when all ports are bound.
        wait_until(START, || pid_file.exists() || !server.is_running());
        pid_file.exists().then_some(server)
    };
    let main = start("nginx", include_str!("nginx.conf"))?;
    let second = start("nginx-default", include_str!("nginx-default.conf"))?;
    Some((main, second))
}
