internal import TesseraCore

/// A COCO file's records by their places: pictures in the order of their ids, and the annotations of each.
struct COCOFile: Sendable {
  /// One picture's record, as far as it could be read.
  struct Picture: Sendable {
    var id: Int
    /// The record's number in the file.
    var record: Int
    /// Whether the record gave an id that no picture before it has; else it is read again to say what is wrong.
    var isGood: Bool
  }

  let file: RecordFile
  private(set) var pictures: [Picture] = []
  private(set) var classes: [String] = []
  /// The label of each category's id.
  private(set) var labels: [Int: Int] = [:]
  /// Annotations of no picture: their numbers in the file.
  private(set) var orphans: [UInt32] = []
  private let images: SpanTable
  private let annotations: SpanTable
  /// The annotations of picture p are `order[starts[p]..<starts[p + 1]]`, in the file's order.
  private var starts: [Int] = [0]
  private var order: [UInt32] = []

  /// - Throws: `io`, `corrupt` or `truncated` for a file that is no COCO file or breaks off.
  init(_ path: String) throws {
    file = try RecordFile(path)
    let outline = try JSONOutline(file)
    // With half of the annotations every picture could lack some of its own.
    if let fault = outline.fault { throw fault }
    guard let images = outline.arrays["images"] else {
      throw TesseraError(.corrupt(format: "the COCO file", detail: "it has no array 'images'"))
    }
    self.images = images
    annotations = outline.arrays["annotations"] ?? SpanTable(size: 0)
    guard annotations.count <= UInt32.max else {
      throw TesseraError(
        .limitExceeded(what: "annotations", limit: Int(UInt32.max), found: annotations.count))
    }
    try readCategories(outline.arrays["categories"])
    try readPictures()
    try groupAnnotations()
  }

  private mutating func readCategories(_ spans: SpanTable?) throws {
    guard let spans else {
      if annotations.count == 0 { return }
      throw TesseraError(
        .corrupt(format: "the COCO file", detail: "it has annotations, but no array 'categories'"))
    }
    var names: [Int: String] = [:]
    for index in 0..<spans.count {
      let record = try JSONReader.read(file.read(spans[index]), base: spans[index].lowerBound)
      guard case .int(let id)? = record["id"], case .string(let name)? = record["name"] else {
        throw TesseraError(
          .corrupt(format: "the COCO file", detail: "category \(index + 1) must have an id and a name"))
      }
      guard names.updateValue(name, forKey: id) == nil else {
        throw TesseraError(.corrupt(format: "the COCO file", detail: "two categories have the id \(id)"))
      }
    }
    let ids = names.keys.sorted()
    classes = ids.compactMap { names[$0] }
    labels = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
  }

  private mutating func readPictures() throws {
    var seen: Set<Int> = []
    var good: [Picture] = []
    var bad: [Picture] = []
    try file.forEachSpan(images) { index, bytes, base in
      var id: Int?
      // What is wrong with a record is said when its sample is asked for.
      try? JSONReader.forEachMember(of: bytes, base: base) { name, value, base in
        if name == "id", case .int(let number)? = try? Self.value(value, base) { id = number }
      }
      let isGood = id.map { seen.insert($0).inserted } ?? false
      let picture = Picture(id: id ?? -1, record: index, isGood: isGood)
      if isGood { good.append(picture) } else { bad.append(picture) }
    }
    pictures = good.sorted { $0.id < $1.id } + bad
  }

  private static func value(_ bytes: UnsafeRawBufferPointer, _ base: Int) throws -> JSONValue {
    var reader = JSONReader(bytes, base: base)
    return try reader.document()
  }

  private mutating func groupAnnotations() throws {
    var places: [Int: Int] = [:]
    for (place, picture) in pictures.enumerated() where picture.isGood { places[picture.id] = place }
    var owners = [Int32](repeating: -1, count: annotations.count)
    var counts = [Int](repeating: 0, count: pictures.count)
    try file.forEachSpan(annotations) { index, bytes, base in
      // An annotation that cannot be read has no picture: it is listed with those of unknown pictures.
      try? JSONReader.forEachMember(of: bytes, base: base) { name, value, base in
        if name == "image_id", case .int(let id)? = try? Self.value(value, base), let place = places[id] {
          owners[index] = Int32(place)
        }
      }
      if owners[index] >= 0 { counts[Int(owners[index])] += 1 } else { orphans.append(UInt32(index)) }
    }
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    var next = starts
    order = Array(repeating: 0, count: starts[starts.count - 1])
    for (index, owner) in owners.enumerated() where owner >= 0 {
      order[next[Int(owner)]] = UInt32(index)
      next[Int(owner)] += 1
    }
  }

  /// The annotations of a picture, by their numbers in the file.
  func annotations(of picture: Int) -> ArraySlice<UInt32> { order[starts[picture]..<starts[picture + 1]] }

  /// - Throws: what is wrong with the record.
  func imageRecord(_ record: Int) throws -> JSONValue {
    try named("image \(record + 1)") {
      try JSONReader.read(file.read(images[record]), base: images[record].lowerBound)
    }
  }

  /// - Throws: what is wrong with the record.
  func annotationRecord(_ number: UInt32) throws -> JSONValue {
    let span = annotations[Int(number)]
    return try JSONReader.read(file.read(span), base: span.lowerBound)
  }

  /// Adds to an error which record it is about.
  func named<R>(_ name: String, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as TesseraError {
      throw error.path == nil
        ? error.prefixed(name).with(path: file.path, stage: .list) : error.with(path: file.path, stage: .list)
    }
  }
}
