/// TensorBoard's `Event` messages, by the numbers of their fields (tensorboard's event.proto, summary.proto).
enum EventRecord {
  /// What the first event of our files names as its writer: only files that do are ever shortened.
  static let writer = "tessera"

  private static func event(_ time: Double, step: Int, _ fill: (inout ProtoWriter) -> Void) -> [UInt8] {
    var event = ProtoWriter()
    event.double(1, time)
    if step != 0 { event.int(2, step) }
    fill(&event)
    return event.bytes
  }

  /// The first event of a file.
  static func fileVersion(time: Double) -> [UInt8] {
    event(time, step: 0) { event in
      event.string(3, "brain.Event:2")
      event.message(10) { $0.string(1, writer) }
    }
  }

  /// `SessionLog.START`: a reader drops what it has seen of this step and later ones.
  static func start(step: Int, time: Double) -> [UInt8] {
    event(time, step: step) { $0.message(7) { $0.int(1, 1) } }
  }

  static func scalars(_ values: [(tag: String, value: Float)], step: Int, time: Double) -> [UInt8] {
    event(time, step: step) { event in
      event.message(5) { summary in
        for (tag, value) in values {
          summary.message(1) { item in
            item.string(1, tag)
            item.float(2, value)
          }
        }
      }
    }
  }

  /// A text for the plugin `text`: a tensor of one string (DT_STRING is 7), its tag as that plugin's own writers name it.
  static func text(_ tag: String, _ markdown: String, step: Int, time: Double) -> [UInt8] {
    event(time, step: step) { event in
      event.message(5) { summary in
        summary.message(1) { item in
          item.string(1, tag + "/text_summary")
          item.message(9) { $0.message(1) { $0.string(1, "text") } }
          item.message(8) { tensor in
            tensor.int(1, 7)
            tensor.message(2) { $0.message(2) { $0.int(1, 1) } }
            tensor.string(8, markdown)
          }
        }
      }
    }
  }

  static func image(_ tag: String, _ picture: PNGHeader, _ png: [UInt8], step: Int, time: Double) -> [UInt8] {
    event(time, step: step) { event in
      event.message(5) { summary in
        summary.message(1) { item in
          item.string(1, tag)
          item.message(4) { image in
            image.int(1, picture.height)
            image.int(2, picture.width)
            image.int(3, picture.channels)
            image.data(4, png)
          }
        }
      }
    }
  }

  /// The step of an event; 0 where it names none.
  static func step(of event: [UInt8]) -> Int {
    var reader = ProtoReader(event[...])
    var step = 0
    while let (number, field) = reader.next() {
      if number == 2, case .int(let value) = field { step = Int(truncatingIfNeeded: value) }
    }
    return step
  }

  /// Whether an event is the first one of a file of ours.
  static func isOurs(_ event: [UInt8]) -> Bool {
    var reader = ProtoReader(event[...])
    while let (number, field) = reader.next() {
      guard number == 10, case .data(let source) = field else { continue }
      var inner = ProtoReader(source)
      while let (number, field) = inner.next() {
        if number == 1, case .data(let name) = field { return name.elementsEqual(writer.utf8) }
      }
    }
    return false
  }
}
