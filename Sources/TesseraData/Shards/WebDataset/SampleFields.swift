internal import TesseraCodecs
internal import TesseraCore

/// How a sample's fields, known by their suffixes, become a `Sample`.
///
/// | suffix (its last part) | becomes |
/// |---|---|
/// | `jpg jpeg png webp ppm bmp pgm` | a picture, sorted by the whole suffix |
/// | `cls` | the label: a whole number in text, 0 or more; −1 is none |
/// | `txt`, `caption` | the text, UTF-8 as it is |
/// | `json` | a conversation, a caption and a label, as far as they are there (`SampleJSON`) |
/// | `npy`, `NAME.npy` | the tensor `npy`, `NAME` |
///
/// Others are left alone.
struct SampleFields: Sendable {
  static let pictureExtensions = ["jpg", "jpeg", "png", "webp", "ppm", "bmp", "pgm"]
  /// Text and JSON larger than this are no captions.
  static let textLimit = 1 << 26

  /// One field: what it is called, and how to get at it.
  struct Field {
    var suffix: String
    var name: String
    var source: PictureSource
    var size: Int
  }

  /// The suffixes that are pictures, in the order wanted; nil for all by their extensions.
  var pictures: [String]?
  var limits = DecodeLimits()

  /// Whether a member of this suffix is a picture.
  static func isPicture(_ suffix: String) -> Bool { pictureExtensions.contains(last(suffix)) }

  /// The part of a suffix that decides its meaning: what follows the last dot.
  private static func last(_ suffix: String) -> String {
    suffix.lastIndex(of: ".").map { String(suffix[suffix.index(after: $0)...]) } ?? suffix
  }

  /// Makes the sample.
  ///
  /// - Throws: what is wrong with a field, with the member's name.
  func sample(_ name: String, _ fields: [Field]) throws -> Sample {
    let fields = fields.sorted { $0.suffix.utf8.lexicographicallyPrecedes($1.suffix.utf8) }
    var sample = Sample(name: name, pictures: try pictureSources(fields, name))
    var json: SampleJSON?
    var label: Int?
    for field in fields {
      switch Self.last(field.suffix) {
      case "cls" where field.suffix == "cls": label = try Self.label(try bytes(field), field)
      case "txt" where field.suffix == "txt", "caption" where field.suffix == "caption":
        // `caption` sorts before `txt`: where both are there, the first is kept.
        if sample.text == nil { sample.text = try Self.text(try bytes(field), field) }
      case "json" where field.suffix == "json": json = try Self.json(try bytes(field), field)
      case "npy":
        let key = field.suffix == "npy" ? "npy" : String(field.suffix.dropLast(4))
        sample.tensors[key] = try Self.tensor(try bytes(field), field)
      default: break
      }
    }
    sample.label = label ?? json?.label
    sample.text = sample.text ?? json?.caption
    sample.conversation = json?.conversation ?? []
    sample.category = json?.category
    return sample
  }

  /// The label alone: nothing else is read.
  func label(_ fields: [Field]) throws -> Int? {
    if let field = fields.first(where: { $0.suffix == "cls" }),
      let label = try Self.label(try bytes(field), field)
    {
      return label
    }
    guard let field = fields.first(where: { $0.suffix == "json" }) else { return nil }
    return try Self.json(try bytes(field), field).label
  }

  /// The pictures in their order; a suffix that was asked for and is not there is the sample's fault.
  private func pictureSources(_ fields: [Field], _ name: String) throws -> [PictureSource] {
    guard let pictures else {
      return fields.filter { Self.isPicture($0.suffix) }.map(\.source)
    }
    return try pictures.map { wanted in
      // `jpg;jpeg;png`: the first of these that is there, as in WebDataset.
      let choices = wanted.split(separator: ";").map(String.init)
      guard let field = choices.lazy.compactMap({ choice in fields.first { $0.suffix == choice } }).first
      else {
        let there = fields.map(\.suffix).joined(separator: ", ")
        throw TesseraError(
          .invalidInput(
            operation: "the sample", expected: "a member .\(wanted)", got: there.isEmpty ? "none" : there),
          path: name, stage: .read)
      }
      return field.source
    }
  }

  private func bytes(_ field: Field) throws -> [UInt8] {
    let limit = Self.last(field.suffix) == "npy" ? limits.bytes : Self.textLimit
    guard field.size <= limit else {
      throw TesseraError(
        .limitExceeded(what: "bytes of the member", limit: limit, found: field.size), path: field.name,
        stage: .read)
    }
    return try field.source.encodedBytes(limits: limits) ?? []
  }

  // MARK: fields

  private static func text(_ bytes: [UInt8], _ field: Field) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TesseraError(.corrupt(format: "text", detail: "it is not UTF-8"), path: field.name, stage: .read)
    }
    return text
  }

  private static func label(_ bytes: [UInt8], _ field: Field) throws -> Int? {
    let text = try text(bytes, field)
    guard let label = Int(text.filter { !$0.isWhitespace }), label >= -1 else {
      throw TesseraError(
        .corrupt(
          format: "cls", detail: "a label must be a whole number, 0 or more, got '\(text.prefix(40))'"),
        path: field.name, stage: .read)
    }
    return label < 0 ? nil : label
  }

  private static func json(_ bytes: [UInt8], _ field: Field) throws -> SampleJSON {
    do { return try SampleJSON(bytes) } catch let error as TesseraError {
      throw error.with(path: field.name, stage: .read)
    }
  }

  private static func tensor(_ bytes: [UInt8], _ field: Field) throws -> AnyTensor {
    do { return try Npy.decode(bytes) } catch let error as TesseraError {
      throw error.with(path: field.name, stage: .read)
    }
  }
}
