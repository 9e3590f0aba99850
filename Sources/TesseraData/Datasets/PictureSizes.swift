private import Foundation
internal import TesseraCodecs
public import TesseraCore

/// The sizes of a dataset's pictures, read from their headers alone: what buckets by aspect ratio need.
public struct PictureSizes: Sendable {
  /// The size of each sample's first picture as decoding gives it (orientation applied, where the policy applies
  /// it); nil where it could not be read.
  public var sizes: [Size?]
  /// What could not be read, by ascending index; each error names path, index and stage.
  public var faults: [TesseraError]

  public init(sizes: [Size?], faults: [TesseraError] = []) {
    self.sizes = sizes
    self.faults = faults
  }

  /// Reads the headers of all samples, several at a time.
  ///
  /// Of a file, only the parts are read that say something, not the pixels' data. A member of a larger file is
  /// read whole. A sample's recipe tells the policy of decoding, which decides whether an orientation is applied.
  ///
  /// - Parameters:
  ///   - dataset: the samples.
  ///   - threads: how many headers are read at a time; nil for two a core, as most of the time goes by waiting.
  /// - Throws: `io` if no thread can be started; a sample's fault goes to `faults`.
  public static func read(dataset: some Dataset, threads: Int? = nil) throws -> PictureSizes {
    let count = dataset.count
    let piece = 256
    let pieces = (count + piece - 1) / piece
    let wanted = max(1, threads ?? 2 * ProcessInfo.processInfo.activeProcessorCount)
    let state = Guarded((next: 0, sizes: [Size?](repeating: nil, count: count), faults: [TesseraError]()))
    try WorkerThreads.run(min(wanted, pieces)) { _ in
      while true {
        let number = state.withLock { state in
          defer { state.next += 1 }
          return state.next
        }
        guard number < pieces else { return }
        let range = number * piece..<min(count, (number + 1) * piece)
        var sizes: [Size?] = []
        var faults: [TesseraError] = []
        for index in range {
          do { sizes.append(try size(of: dataset.sample(at: index))) } catch {
            sizes.append(nil)
            faults.append(fault(error, index: index))
          }
        }
        state.withLock { state in
          state.sizes.replaceSubrange(range, with: sizes)
          state.faults += faults
        }
      }
    }
    return state.withLock { state in
      PictureSizes(sizes: state.sizes, faults: state.faults.sorted { ($0.index ?? 0) < ($1.index ?? 0) })
    }
  }

  /// The size of a sample's first picture.
  ///
  /// - Throws: `invalidInput` for a sample without a picture, and what reading its header throws.
  static func size(of sample: Sample) throws -> Size {
    guard let picture = sample.pictures.first else {
      throw TesseraError(
        .invalidInput(operation: "reading sizes", expected: "a picture", got: "a sample without one"),
        path: sample.name, stage: .header)
    }
    let policy = sample.recipe?.policy ?? .tessera
    let header: ImageHeader
    switch picture {
    case .image(let image, _): return image.size
    case .tensor(let tensor, _):
      guard tensor.shape.count >= 2 else {
        throw TesseraError(
          .invalidInput(
            operation: "reading sizes", expected: "a tensor [C, H, W]", got: "one of shape \(tensor.shape)"),
          path: sample.name, stage: .header)
      }
      let sides = tensor.shape.suffix(2)
      return Size(width: sides[sides.endIndex - 1], height: sides[sides.startIndex])
    case .file(let path): header = try ImageHeader(path: path, policy: policy)
    case .section, .remote, .bytes, .deferred, .unreadable:
      do {
        let bytes = try picture.encodedBytes(limits: policy.limits) ?? []
        header = try ImageHeader(bytes: bytes, policy: policy)
      } catch let error as TesseraError { throw error.with(path: picture.name) }
    }
    return ImageDecoder().info(for: header, policy: policy).size
  }

  private static func fault(_ error: any Error, index: Int) -> TesseraError {
    (error as? TesseraError)?.with(index: index)
      ?? TesseraError(.io(operation: "read the sample", code: 0, message: "\(error)"), index: index)
  }
}
