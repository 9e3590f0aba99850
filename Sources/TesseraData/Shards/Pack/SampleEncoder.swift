internal import TesseraCodecs
internal import TesseraCore

/// Turns a sample into a tar's fields: the pictures' bytes as they are, and what belongs to them.
struct SampleEncoder: Sendable {
  /// Rewrites progressive JPEGs; nil leaves them.
  var transcoder: JPEGTranscoder?
  /// Decode each picture, to find damage.
  var verifies: Bool
  var limits: DecodeLimits
  /// Where the thread says what it is at; the sample is begun there.
  var post: StallWatch.Post?

  /// What goes into the tar, and what the manifest says of it.
  struct Encoded: Sendable {
    var fields: [(suffix: String, bytes: [UInt8])] = []
    /// The key that it had in another tar.
    var key: String?
    var label: Int?
    var size = Size(width: 0, height: 0)
    var rewritten = 0
    var kept = 0
  }

  /// Encodes sample `index`: what lists call it, and its fields or why there are none.
  func encode(_ dataset: any Dataset, _ index: Int) -> (name: String, result: Result<Encoded, TesseraError>) {
    if let tars = dataset as? WebDataset {
      let name = "\(tars.shards[tars.place(of: index).shard].path)/\(tars.key(of: index))"
      return (name, Self.result { try copied(tars, index) })
    }
    switch Self.result({ try dataset.sample(at: index) }) {
    case .failure(let error): return (error.path ?? "sample \(index)", .failure(error))
    case .success(let sample): return (sample.name, Self.result { try encoded(sample) })
    }
  }

  private static func result<R>(_ body: () throws -> R) -> Result<R, TesseraError> {
    do { return .success(try body()) } catch { return .failure(TesseraError.of(error)) }
  }

  /// A sample of another tar, member by member.
  private func copied(_ tars: WebDataset, _ index: Int) throws -> Encoded {
    var encoded = Encoded(key: tars.key(of: index), label: try tars.label(at: index))
    for field in try tars.allBytes(of: index) {
      let isPicture = SampleFields.isPicture(field.suffix)
      encoded.fields.append(
        (field.suffix, isPicture ? try picture(field.bytes, name: field.suffix, &encoded) : field.bytes))
    }
    return encoded
  }

  private func encoded(_ sample: Sample) throws -> Encoded {
    post?.name(sample.name)
    var encoded = Encoded(label: sample.label)
    for (number, source) in sample.pictures.enumerated() {
      let original = try bytes(of: source)
      let bytes = try picture(original, name: source.name, &encoded)
      let suffix = Self.suffix(bytes, name: source.name)
      encoded.fields.append((sample.pictures.count == 1 ? suffix : Self.numbered(number, suffix), bytes))
    }
    guard sample.annotations == Annotations() else {
      throw TesseraError(
        .invalidInput(
          operation: "pack", expected: "samples without masks, boxes and keypoints", got: "some with"),
        stage: .encode)
    }
    if let label = sample.label { encoded.fields.append(("cls", Array(String(label).utf8))) }
    if let text = sample.text { encoded.fields.append(("txt", Array(text.utf8))) }
    if let json = Self.json(sample) { encoded.fields.append(("json", json)) }
    for (name, tensor) in sample.tensors {
      let header = Npy.header(shape: tensor.shape, dataType: tensor.dataType)
      encoded.fields.append(
        (name == "npy" ? "npy" : "\(name).npy", header + tensor.withUnsafeBytes { Array($0) }))
    }
    guard !encoded.fields.isEmpty else {
      throw TesseraError(
        .invalidInput(operation: "pack", expected: "a picture, a text or another field", got: "none"),
        stage: .encode)
    }
    return encoded
  }

  /// The encoded bytes of a picture; a decoded one becomes a PNG, which loses nothing.
  private func bytes(of source: PictureSource) throws -> [UInt8] {
    if case .image(let image, _) = source { return try PNGEncoder().encode(image) }
    post?.enter(.read)
    guard let bytes = try source.encodedBytes(limits: limits) else {
      throw TesseraError(
        .invalidInput(operation: "pack", expected: "encoded pictures", got: "a tensor in a picture's place"),
        path: source.name, stage: .encode)
    }
    return bytes
  }

  /// Looks at a picture, and rewrites it where that is wanted.
  private func picture(_ bytes: [UInt8], name: String, _ encoded: inout Encoded) throws -> [UInt8] {
    let header = try ImageHeader(bytes: bytes, policy: DecodePolicy(limits: limits))
    if encoded.size.width == 0 { encoded.size = header.size }
    if verifies {
      post?.enter(.decode)
      _ = try ImageDecoder().decode(
        bytes, DecodeRequest(policy: DecodePolicy(output: .asStored, limits: limits)))
    }
    guard let transcoder else { return bytes }
    post?.enter(.encode)
    switch try transcoder.baseline(bytes) {
    case .rewritten(let baseline):
      encoded.rewritten += 1
      return baseline
    case .kept, .differs: encoded.kept += 1
    case .alreadyBaseline, .notJPEG: break
    }
    return bytes
  }

  // MARK: names

  /// What a picture's member ends in: told by its bytes, in the source's own spelling where that fits.
  static func suffix(_ bytes: [UInt8], name: String) -> String {
    let own = PictureFiles.fileExtension(name)
    let spellings: [String] =
      switch ImageFormat(detecting: bytes) {
      case .jpeg: ["jpg", "jpeg"]
      case .png: ["png"]
      case .webp: ["webp"]
      case .bmp: ["bmp"]
      case .pnm: ["ppm", "pgm"]
      // What cannot be decoded has failed before.
      default: ["bin"]
      }
    return spellings.contains(own) ? own : spellings[0]
  }

  /// `000.jpg`, `001.png`: sorted by suffix, they keep their order.
  private static func numbered(_ number: Int, _ suffix: String) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 3 - digits.count)) + digits + "." + suffix
  }

  /// What only JSON can hold of a sample: the conversation and the category; nil where it has neither.
  private static func json(_ sample: Sample) -> [UInt8]? {
    var pairs: [(key: String, value: JSONText)] = []
    if !sample.conversation.isEmpty { pairs.append(("messages", ConversationTurn.json(sample.conversation))) }
    if let category = sample.category { pairs.append(("category", .string(category))) }
    return pairs.isEmpty ? nil : Array(JSONText.object(pairs).text.utf8)
  }

  /// The key of a sample: its name without what leads out of a folder and without the extension; dots become
  /// `_`, as a key ends at its first dot. Names that are no keys (none, `__…__`) give the sample's number.
  static func key(_ name: String, sample: Int) -> String {
    let path = OutputNames.stem(OutputNames.inside(name))
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let key = path[..<slash] + path[slash...].replacing(".", with: "_")
    let isKey =
      !name.isEmpty && MemberName.isSafe(Array(key.utf8))
      && MemberName.split(Array(key.utf8) + [UInt8(ascii: "."), 0x78])?.key.elementsEqual(key.utf8) == true
    let digits = String(sample)
    return isKey ? String(key) : String(repeating: "0", count: max(0, 9 - digits.count)) + digits
  }
}
