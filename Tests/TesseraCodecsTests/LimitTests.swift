import TestSupport
import TesseraCodecs
import TesseraCore
import Testing

@Suite("Limits") struct LimitTests {
  /// Headers that promise 60,000 × 60,000 pixels, with next to nothing behind.
  static let bombs: [(String, String)] = [
    (
      "PNG",
      "chunk(b'IHDR', struct.pack('>IIBBBBB', 60000, 60000, 8, 6, 0, 0, 0)) + chunk(b'IDAT', b'x' * 50)"
    ),
    ("JPEG", "resampled(save(picture(64, 64, 'RGB'), 'JPEG', progressive=True), 0x22, 60000, 60000)"),
    ("WebP", "save(picture(4, 4, 'RGBA'), 'WEBP')"),
    ("BMP", "bmp(60000, 60000, 8, 1, table=palette(256), data=b'\\0\\1')"),
    ("PNM", "b'P6 60000 60000 255\\n'"),
  ]

  @Test("stop a bomb at its header, before anything is allocated", arguments: bombs)
  func bomb(_ name: String, _ code: String) async throws {
    let prefix = name == "PNG" ? "b'\\x89PNG\\r\\n\\x1a\\n' + " : ""
    let reply = try await Oracle.pillow13.run(
      "import struct\nfrom codec_files import *\nout = \(prefix)\(code)")
    var limits = DecodeLimits()
    // A WebP cannot be that large; a lower limit does the same.
    if name == "WebP" { limits.pixels = 15 }
    var error: TesseraError?
    let allowed = 64 << 20
    let more = try Memory.growth(below: allowed) {
      error = #expect(throws: TesseraError.self) {
        try ImageDecoder().decode(reply.bytes, DecodeRequest(policy: DecodePolicy(limits: limits)))
      }
    }
    #expect(more < allowed, "\(more >> 20) MiB more")
    guard case .limitExceeded(_, limits.pixels, let found)? = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found == (name == "WebP" ? 16 : 3_600_000_000))
    #expect(error?.stage == .header)
  }

  @Test("refuse a file that is too large before it is read") func bytes() throws {
    let file = [UInt8](repeating: 0xFF, count: 1000)
    let request = DecodeRequest(policy: DecodePolicy(limits: DecodeLimits(bytes: 999)))
    let path = temporaryPath()
    defer { remove(path) }
    try write(file, to: path)
    for attempt in [
      { try ImageDecoder().decode(file, request) }, { try ImageDecoder().decode(path: path, request) },
    ] {
      let error = #expect(throws: TesseraError.self) { try attempt() }
      #expect(error?.reason == .limitExceeded(what: "bytes of the file", limit: 999, found: 1000))
    }
  }

  @Test("refuse a JPEG of more scans than agreed") func scans() async throws {
    let reply = try await Oracle.pillow13.run(
      "from codec_files import *\nout = save(picture(64, 64, 'RGB'), 'JPEG', progressive=True)")
    var policy = DecodePolicy()
    policy.limits.scans = 9
    let error = #expect(throws: TesseraError.self) {
      try ImageDecoder().decode(reply.bytes, DecodeRequest(policy: policy))
    }
    #expect(error?.reason == .limitExceeded(what: "scans of a JPEG", limit: 9, found: 10))
    policy.limits.scans = 10
    #expect(throws: Never.self) { try ImageDecoder().decode(reply.bytes, DecodeRequest(policy: policy)) }
  }
}
