internal import TesseraCodecs
internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData

extension FuzzTarget {
  static let records = [
    FuzzTarget("conversations") { try RecordCheck.conversations($0) },
    FuzzTarget("lists") { try RecordCheck.lists($0) },
    FuzzTarget("coco") { try RecordCheck.coco($0) },
  ]
}

/// Lists of records: every sample comes or is refused, and so is every other one.
enum RecordCheck {
  static func conversations(_ bytes: UnsafeRawBufferPointer) throws {
    let isArray = bytes.first { !($0 == 32 || $0 == 10) } == UInt8(ascii: "[")
    let path = try ScratchFolder.write(bytes, isArray ? "c.json" : "c.jsonl")
    try each { try ConversationDataset(path) }
    try each { try PreferenceDataset(path) }
    try each { try CaptionDataset(path) }
    try each { try TextCorpus(path) }
    try each { try CorpusSource(path).open() }
  }

  /// The first byte says how the rest is named.
  static func lists(_ bytes: UnsafeRawBufferPointer) throws {
    guard let first = bytes.first else { return }
    let name = ["l.csv", "l.tsv", "l.jsonl", "l.json"][Int(first) % 4]
    let path = try ScratchFolder.write(UnsafeRawBufferPointer(rebasing: bytes[1...]), name)
    try each { try ImageList(path, path: "image", label: "label") }
    try each { try CaptionDataset(path) }
    if first % 4 < 2 { try each { try TextCorpus(path) } }
  }

  static func coco(_ bytes: UnsafeRawBufferPointer) throws {
    let path = try ScratchFolder.write(bytes, "coco.json")
    for masks in [DetectionDataset.Masks.instances, .separate] {
      try each {
        try DetectionDataset(
          path, masks: masks, includesCrowds: true, orientation: .ignore,
          limits: DecodeLimits(pixels: 1 << 12))
      }
    }
  }

  private static func each(_ open: () throws -> any Dataset) throws {
    let data: any Dataset
    do { data = try open() } catch is TesseraError { return }
    for index in 0..<min(data.count, 64) {
      do { _ = try data.sample(at: index) } catch is TesseraError {}
      do { _ = try data.label(at: index) } catch is TesseraError {}
    }
    do { _ = try data.fingerprint() } catch is TesseraError {}
  }
}
