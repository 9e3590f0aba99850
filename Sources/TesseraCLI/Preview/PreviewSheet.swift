import Tessera

/// The contact sheet: a row a picture, the original left, its variants right.
struct PreviewSheet {
  static let ground = RGBColor(red: 24, green: 26, blue: 30)
  private static let ink = RGBColor(red: 196, green: 200, blue: 208)
  private static let faulty = RGBColor(red: 150, green: 40, blue: 40)
  private static let gap = 10
  private static let caption = TinyFont.height + 5

  var worker: PictureWorker
  var list: PictureFiles
  var samples: [Int]
  var variants: Int
  var cell: Int

  /// A cell's picture with its text, or the reason why there is none.
  private struct Cell {
    var picture: Image?
    var text: String
  }

  /// The sheet's size: what `draw` gives.
  var size: Size {
    Size(
      width: Self.gap + (variants + 1) * (cell + Self.gap),
      height: Self.gap + samples.count * (cell + Self.caption + Self.gap))
  }

  /// Draws the sheet, and lists what failed on the way.
  func draw(threads: Int) throws -> (sheet: Image, failures: [TesseraError]) {
    let rows = Guarded([Int: (cells: [Cell], failure: TesseraError?)]())
    let next = Guarded(0)
    try WorkerThreads.run(min(threads, samples.count)) { _ in
      while true {
        let row = next.withLock { next -> Int in
          defer { next += 1 }
          return next
        }
        guard row < samples.count else { return }
        let result = self.row(samples[row])
        rows.withLock { $0[row] = result }
      }
    }
    var canvas = Canvas(size, Self.ground)
    var failures: [TesseraError] = []
    for (number, row) in rows.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
      for (column, cell) in row.cells.enumerated() { place(cell, row: number, column: column, on: &canvas) }
      if let failure = row.failure { failures.append(failure) }
    }
    return (canvas.image, failures)
  }

  private func row(_ sample: Int) -> (cells: [Cell], failure: TesseraError?) {
    let file = list[sample]
    var cells: [Cell] = []
    var failure: TesseraError?
    func add(_ name: String, _ picture: () throws -> Image) {
      do {
        let picture = try picture()
        cells.append(Cell(picture: try fitted(picture), text: "\(name) \(picture.size)"))
      } catch {
        let known =
          error as? TesseraError ?? TesseraError(.io(operation: "preview", code: 0, message: "\(error)"))
        failure = failure ?? known.with(path: file.name, index: sample)
        cells.append(Cell(picture: nil, text: "\(name) failed"))
      }
    }
    add(file.name) { try worker.original(file) }
    for variant in 0..<variants {
      add("\(variant + 1)") { try worker.shown(file, sample: sample, epoch: UInt64(variant)) }
    }
    return (cells, failure)
  }

  /// The picture, shrunk to the cell if it is larger.
  private func fitted(_ picture: Image) throws -> Image {
    guard picture.size.longer > cell else { return picture }
    let scale = Double(cell) / Double(picture.size.longer)
    let size = Size(
      width: max(1, Int((Double(picture.width) * scale).rounded())),
      height: max(1, Int((Double(picture.height) * scale).rounded())))
    return try ResizeTo(size, filter: .lanczos).apply(to: picture)
  }

  private func place(_ content: Cell, row: Int, column: Int, on canvas: inout Canvas) {
    let x = Self.gap + column * (cell + Self.gap)
    let y = Self.gap + row * (cell + Self.caption + Self.gap)
    if let picture = content.picture {
      canvas.draw(picture, x: x + (cell - picture.width) / 2, y: y + (cell - picture.height) / 2)
    } else {
      canvas.fill(Rect(x: x, y: y, width: cell, height: cell), Self.faulty)
    }
    let letters = cell / TinyFont.advance
    let text = content.text.count > letters ? "…" + content.text.suffix(letters - 1) : content.text
    canvas.write(text, x: x, y: y + cell + 4, Self.ink)
  }
}

extension PictureWorker {
  /// What the pipeline makes of a picture, as a picture to look at.
  func shown(_ file: PictureFile, sample: Int, epoch: UInt64) throws -> Image {
    let result = try run(file, sample: sample, epoch: epoch)
    return try Showing.picture(result.output, try draw(for: result.header, sample: sample, epoch: epoch))
  }
}
