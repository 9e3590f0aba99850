import Foundation
import TestSupport
import TesseraCodecs
import TesseraCore

/// A file that the oracle made, and what Pillow reads out of it.
struct DecodeCase: Sendable, CustomStringConvertible {
  var name: String
  var file: [UInt8]
  /// Pillow's picture; `nil` where Pillow fails.
  var pixels: Image?
  var facts: Facts?
  var description: String { name }

  /// What `Image.open` knows without decoding.
  struct Facts: Decodable, Sendable {
    var mode: String
    var width: Int
    var height: Int
    var orientation: Int
    /// `info["dpi"]`.
    var dots: [Double]?
    var progressive: Bool
    var interlaced: Bool
    var profile: Bool
    var animated: Bool
  }

  private struct Entry: Decodable {
    var name: String
    var file: [Int]
    var pixels: [Int]?
    var shown: Shown?
    var facts: Facts?

    struct Shown: Decodable {
      var mode: String
      var width: Int
      var height: Int

      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        mode = try list.decode(String.self)
        width = try list.decode(Int.self)
        height = try list.decode(Int.self)
      }
    }
  }

  /// A family of `codec_files.py`, for example `png_family()`.
  static func family(_ call: String, fill: Bool = false, render: String = "to_rgb") async throws
    -> [DecodeCase]
  {
    let flag = fill ? "True" : "False"
    let reply = try await Oracle.pillow13.run(
      "import codec_files as c\nout = c.pack(c.\(call), fill=\(flag), render=c.\(render))")
    let length = reply.bytes.withUnsafeBytes { Int($0.loadUnaligned(as: UInt32.self)) }
    let entries = try JSONDecoder().decode([Entry].self, from: Data(reply.bytes[4..<4 + length]))
    return entries.map { entry in
      func blob(_ place: [Int]) -> [UInt8] {
        Array(reply.bytes[4 + length + place[0]..<4 + length + place[0] + place[1]])
      }
      let pixels = entry.pixels.flatMap { place -> Image? in
        guard let shown = entry.shown,
          let format = PixelFormat.allCases.first(where: { $0.pillowMode == shown.mode })
        else { return nil }
        return Image(size: Size(width: shown.width, height: shown.height), format: format, bytes: blob(place))
      }
      return DecodeCase(name: entry.name, file: blob(entry.file), pixels: pixels, facts: entry.facts)
    }
  }
}
