internal import TesseraCore

/// The orientation in a PNG's metadata: eXIf, the text chunks that carry EXIF or XMP.
struct PNGText {
  /// More inflated text than this is ignored.
  private static let textLimit = 1 << 20

  private var exif: [UInt8]?
  /// ImageMagick's hexadecimal EXIF, under the key `Raw profile type exif`.
  private var rawProfile: [UInt8]?
  private var xmp: [UInt8]?

  var orientation: Orientation {
    Metadata(exif: exif ?? rawProfile.flatMap(Self.decodeHex), xmp: xmp).orientation
  }

  /// Reads a chunk if it is one of these.
  mutating func read(_ name: [UInt8], _ data: [UInt8]) {
    if name.has("eXIf") {
      exif = data
      return
    }
    guard name.has("tEXt") || name.has("zTXt") || name.has("iTXt"), let split = data.firstIndex(of: 0) else {
      return
    }
    let key = Array(data[..<split])
    let isRaw = key.elementsEqual("Raw profile type exif".utf8)
    let isXMP = key.elementsEqual("XML:com.adobe.xmp".utf8)
    guard isRaw || isXMP, let value = Self.value(name, Array(data[(split + 1)...])) else { return }
    if isRaw { rawProfile = value } else { xmp = value }
  }

  /// The text of a chunk behind its key, inflated where need be.
  private static func value(_ name: [UInt8], _ rest: [UInt8]) -> [UInt8]? {
    if name.has("tEXt") { return rest }
    if name.has("zTXt") {
      return rest.first == 0 ? try? Inflate.bytes(Array(rest.dropFirst()), limit: textLimit) : nil
    }
    // iTXt: compression flag and method, language and translated key, each ended by a zero, then the text.
    guard rest.count >= 2, let language = rest[2...].firstIndex(of: 0),
      let key = rest[(language + 1)...].firstIndex(of: 0)
    else { return nil }
    let text = Array(rest[(key + 1)...])
    guard rest[0] != 0 else { return text }
    return rest[1] == 0 ? try? Inflate.bytes(text, limit: textLimit) : nil
  }

  /// The bytes behind the third line's end, written as hexadecimal digits with white space between.
  private static func decodeHex(_ text: [UInt8]) -> [UInt8]? {
    let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false).dropFirst(3)
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in lines.joined() where digit != 0x20 && digit != 0x0D && digit != 0x09 {
      guard let value = Character(Unicode.Scalar(digit)).hexDigitValue.map(UInt8.init) else { return nil }
      if let first = high { bytes.append(first << 4 | value) }
      high = high == nil ? value : nil
    }
    return high == nil ? bytes : nil
  }
}
