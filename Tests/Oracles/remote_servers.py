"""Servers for the tests of remote shards: nginx, and a server of faults of our own. Python's standard library alone.

    remote_servers.py FOLDER WORK

serves the files below FOLDER on loopback and keeps nginx's and the certificates' files in WORK. The first line on stdout
is JSON: the ports, and the version of nginx (null where it is not installed). It ends with its standard input.

A path of the server of faults is /FAULT/SESSION/NAME: what is counted is counted by session, so that tests do not meet.
WORK/log-SESSION has the session's requests, a line of JSON each: [fault, name, Range, status].
"""

import email.utils
import hashlib
import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

ROOT, WORK = sys.argv[1], sys.argv[2]
SIGNATURE = "SECRETSIGNATURE"
LOCK = threading.Lock()
COUNTS = {}


class Faults(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Requests after one another on one connection: no waiting for the other side's acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def count(self, what=""):
        """How often this was called for the session, this time not counted."""
        with LOCK:
            key = (self.fault, self.session, what)
            COUNTS[key] = COUNTS.get(key, 0) + 1
            return COUNTS[key] - 1

    def note(self, status):
        line = json.dumps([self.fault, self.name, self.headers.get("Range"), status]) + "\n"
        with LOCK, open(os.path.join(WORK, "log-" + self.session), "a") as file:
            file.write(line)

    def answer(self, status, body=b"", **headers):
        self.note(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drop(self):
        """Hangs up without another word."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self):
        path, _, self.query = self.path.partition("?")
        parts = path.strip("/").split("/", 2)
        self.fault, self.session, self.name = (parts + ["", "", ""])[:3]
        try:
            with open(os.path.join(ROOT, self.name), "rb") as file:
                self.whole = file.read()
        except OSError:
            return self.answer(404, b"nothing here")
        getattr(self, "fault_" + self.fault.replace("-", "_"), self.fault_plain)()

    # What a good server does.

    def version(self):
        return {
            "ETag": '"' + hashlib.md5(self.whole).hexdigest() + '"',
            "Last_Modified": email.utils.formatdate(1_700_000_000, usegmt=True),
            "Accept_Ranges": "bytes",
        }

    def wanted(self):
        text = self.headers.get("Range")
        if not text:
            return None
        first, last = text.removeprefix("bytes=").split("-")
        return int(first), min(int(last), len(self.whole) - 1) if last else len(self.whole) - 1

    def part(self):
        """Status, headers and body of a good answer."""
        wanted = self.wanted()
        if wanted is None:
            return 200, self.version(), self.whole
        first, last = wanted
        if first >= len(self.whole):
            return 416, {"Content_Range": f"bytes */{len(self.whole)}"}, b""
        headers = self.version() | {"Content_Range": f"bytes {first}-{last}/{len(self.whole)}"}
        return 206, headers, self.whole[first : last + 1]

    def fault_plain(self):
        status, headers, body = self.part()
        self.answer(status, body, **headers)

    # Faults of the line.

    def send_cut(self, limit):
        """A good head, and of the body at most so many bytes."""
        status, headers, body = self.part()
        if len(body) <= limit:
            return self.answer(status, body, **headers)
        self.answer(status, body[:limit], **headers, Content_Length=len(body))
        self.drop()

    def fault_cut(self):
        self.send_cut(6000)

    def fault_cut_short(self):
        """Always after 100 bytes: no part ever comes whole."""
        self.send_cut(100)

    def fault_drop(self):
        if self.count(self.name) % 3 != 2:
            self.note(0)
            return self.drop()
        self.fault_plain()

    def fault_slow(self):
        status, headers, body = self.part()
        self.answer(status, b"", **headers, Content_Length=len(body))
        for start in range(0, len(body), 4096):
            self.wfile.write(body[start : start + 4096])
            self.wfile.flush()
            time.sleep(0.002)

    def fault_stall(self):
        """The second answer stops in the middle, without an end."""
        if self.count() != 1:
            return self.fault_plain()
        status, headers, body = self.part()
        self.answer(status, body[: len(body) // 2], **headers, Content_Length=len(body))
        self.wfile.flush()
        time.sleep(4)
        self.drop()

    def fault_hang(self):
        """Never a word."""
        self.note(0)
        time.sleep(6)
        self.drop()

    # Faults of the length.

    def fault_short(self):
        """Each first answer tells a Content-Length of less than its part."""
        status, headers, body = self.part()
        if self.count(self.headers.get("Range")) > 0 or len(body) < 2:
            return self.answer(status, body, **headers)
        self.answer(status, body[: len(body) // 2], **headers)

    def fault_long(self):
        """Each first answer tells a Content-Length of more than its part, and ends."""
        status, headers, body = self.part()
        if self.count(self.headers.get("Range")) > 0:
            return self.answer(status, body, **headers)
        self.answer(status, body, **headers, Content_Length=len(body) + 1000)
        self.drop()

    def fault_always_short(self):
        status, headers, body = self.part()
        self.answer(status, body[: len(body) // 2], **headers)

    def fault_other_part(self):
        """Each first answer is a part that nobody asked for."""
        status, headers, body = self.part()
        if self.count(self.headers.get("Range")) > 0:
            return self.answer(status, body, **headers)
        headers["Content_Range"] = f"bytes 5-{4 + len(body)}/{len(self.whole)}"
        self.answer(status, body, **headers)

    # Busy servers.

    def busy(self, times, status=503, **headers):
        if self.count(self.headers.get("Range")) < times:
            return self.answer(status, b"busy", **headers)
        self.fault_plain()

    def fault_busy(self):
        self.busy(2)

    def fault_throttled(self):
        self.busy(1, 429, Retry_After=0)

    def fault_patience(self):
        """The first request is told to come back in a second, the second one by date."""
        count = self.count()
        if count == 0:
            return self.answer(429, b"later", Retry_After=1)
        if count == 1:
            return self.answer(503, b"later", Retry_After=email.utils.formatdate(time.time() + 1, usegmt=True))
        self.fault_plain()

    def fault_long_patience(self):
        """The first request is told to come back in an hour, the second one too, by date."""
        count = self.count()
        if count == 0:
            return self.answer(429, b"later", Retry_After=3600)
        if count == 1:
            return self.answer(503, b"later", Retry_After=email.utils.formatdate(time.time() + 3600, usegmt=True))
        self.fault_plain()

    def fault_down(self):
        self.answer(503, b"busy")

    def fault_hole(self):
        """Part of the object cannot be had."""
        first, last = self.wanted() or (0, 0)
        if first <= 40_000 <= last:
            return self.answer(500, b"a disk is broken")
        self.fault_plain()

    def fault_freeze(self):
        """For a part of the object there is no word for a minute."""
        first, last = self.wanted() or (0, 0)
        if first <= 40_000 <= last:
            self.note(0)
            time.sleep(60)
            return self.drop()
        self.fault_plain()

    # Servers without parts.

    def fault_whole(self):
        self.answer(200, self.whole, **self.version())

    def fault_whole_cut(self):
        """As a whole, and each first answer ends in the middle."""
        if self.count(self.name) > 0:
            return self.fault_whole()
        self.answer(200, self.whole[: len(self.whole) // 2], **self.version(), Content_Length=len(self.whole))
        self.drop()

    def fault_endless(self):
        """As a whole, without its length."""
        self.note(200)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(self.whole), self.whole))

    def fault_packed(self):
        status, headers, body = self.part()
        self.answer(status, body, **headers, Content_Encoding="gzip")

    # Objects that change.

    def fault_changed(self):
        status, headers, body = self.part()
        if self.count() >= 3:
            headers["ETag"] = '"another"'
        self.answer(status, body, **headers)

    def fault_redated(self):
        status, headers, body = self.part()
        del headers["ETag"]
        if self.count() >= 3:
            headers["Last_Modified"] = email.utils.formatdate(1_700_000_007, usegmt=True)
        self.answer(status, body, **headers)

    def fault_grown(self):
        if self.count() >= 3:
            self.whole += b"\0" * 512
        status, headers, body = self.part()
        for name in ("ETag", "Last_Modified"):
            headers.pop(name, None)
        self.answer(status, body, **headers)

    # Redirects and signatures.

    def fault_moved(self):
        query = "?" + self.query if self.query else ""
        self.answer(302, b"elsewhere", Location=f"/plain/{self.session}/{self.name}{query}")

    def fault_circle(self):
        self.answer(302, b"elsewhere", Location=self.path)

    def fault_downgrade(self):
        self.answer(302, b"elsewhere", Location=f"http://127.0.0.1:{PORTS['faults']}/plain/{self.session}/{self.name}")

    def fault_astray(self):
        self.answer(302, b"elsewhere", Location="file:///etc/passwd")

    def fault_signed(self):
        """As S3: a wrong signature is quoted in the answer."""
        given = dict(pair.partition("=")[::2] for pair in self.query.split("&"))
        if not given.get("X-Amz-Signature", "").startswith(SIGNATURE):
            body = f"<Error><Code>AccessDenied</Code><Message>expired: {self.path}</Message></Error>"
            return self.answer(403, body.encode())
        if self.name.endswith(".index"):
            return self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        self.fault_plain()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        # Clients hang up on purpose here.
        pass


def certificates():
    """An authority of our own and a server's certificate by it."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=WORK, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=Tessera's test authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=loopback")
    with open(os.path.join(WORK, "names"), "w") as file:
        file.write("subjectAltName=IP:127.0.0.1")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "server.pem")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


NGINX = """
daemon off;
master_process off;
pid {work}/nginx.pid;
error_log {work}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log {work}/access.log;
  client_body_temp_path {work}/body;
  proxy_temp_path {work}/proxy;
  fastcgi_temp_path {work}/fastcgi;
  uwsgi_temp_path {work}/uwsgi;
  scgi_temp_path {work}/scgi;
  keepalive_timeout 5s;
  server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{tls} ssl;
    ssl_certificate {work}/server.pem;
    ssl_certificate_key {work}/server.key;
    location /files/ {{ alias {root}/; }}
    location /slow/ {{ alias {root}/; limit_rate 400k; }}
    # No parts: the whole object each time.
    location /whole/ {{ alias {root}/; max_ranges 0; }}
    # A quarter of the requests is refused, an eighth is hung up on.
    location /flaky/ {{
      if ($request_id ~ "^[0-3]") {{ return 503; }}
      if ($request_id ~ "^[4-5]") {{ return 444; }}
      alias {root}/;
    }}
    location /signed/ {{
      secure_link $arg_md5,$arg_expires;
      secure_link_md5 "$secure_link_expires$uri {secret}";
      if ($secure_link = "") {{ return 403; }}
      if ($secure_link = "0") {{ return 410; }}
      alias {root}/;
    }}
    # Faults behind a proxy, as nginx passes them on.
    location /behind/ {{
      proxy_pass http://127.0.0.1:{faults}/;
      proxy_http_version 1.1;
      proxy_buffering off;
    }}
  }}
}}
"""


def start_nginx():
    """nginx on free ports; the process and what is known of it, or nothing where it is not installed."""
    binary = shutil.which("nginx") or (os.access("/usr/sbin/nginx", os.X_OK) and "/usr/sbin/nginx")
    if not binary:
        return None, {}
    for _ in range(5):
        port, tls = free_port(), free_port()
        with open(os.path.join(WORK, "nginx.conf"), "w") as file:
            file.write(NGINX.format(work=WORK, root=ROOT, port=port, tls=tls, faults=PORTS["faults"], secret=SIGNATURE))
        process = subprocess.Popen(
            [binary, "-p", WORK, "-e", os.path.join(WORK, "error.log"), "-c", os.path.join(WORK, "nginx.conf")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            if process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                return process, {"nginx": port, "nginxTLS": tls}
            except OSError:
                time.sleep(0.02)
        process.kill()
        process.wait()
    with open(os.path.join(WORK, "error.log")) as file:
        raise SystemExit("nginx does not start: " + file.read()[-2000:])


PORTS = {}


def main():
    certificates()
    faults = Server(("127.0.0.1", 0), Faults)
    PORTS["faults"] = faults.server_address[1]
    safe = Server(("127.0.0.1", 0), Faults)
    PORTS["faultsTLS"] = safe.server_address[1]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(WORK, "server.pem"), os.path.join(WORK, "server.key"))
    safe.socket = context.wrap_socket(safe.socket, server_side=True)
    for server in (faults, safe):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    nginx, ports = start_nginx()
    print(json.dumps(PORTS | ports), flush=True)
    # Whoever started this has ended, however that came.
    sys.stdin.read()
    if nginx:
        nginx.kill()
        nginx.wait()


main()
