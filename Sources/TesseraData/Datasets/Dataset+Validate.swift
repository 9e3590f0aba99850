private import Foundation
public import TesseraCore

extension Dataset {
  /// Asks for every sample and lists what is wrong, in the order of their indices.
  ///
  /// - Parameter checkingFiles: also look whether each picture's file is there, can be read and is not empty.
  ///   Nothing is decoded.
  /// - Returns: an error each, with the sample's index. No error is thrown.
  /// - Complexity: O(samples).
  public func validate(checkingFiles: Bool = true) -> [TesseraError] {
    faultsOfSamples(checkingFiles: checkingFiles)
  }

  /// What `validate` does for any dataset.
  func faultsOfSamples(checkingFiles: Bool) -> [TesseraError] {
    var faults: [TesseraError] = []
    for index in 0..<count {
      do {
        let sample = try sample(at: index)
        guard checkingFiles else { continue }
        for picture in sample.pictures { try picture.check() }
      } catch {
        faults.append(TesseraError(wrapping: error).with(index: index))
      }
    }
    return faults
  }
}

extension PictureSource {
  /// Whether the bytes are there, without reading them.
  ///
  /// - Throws: `io` or `truncated` of stage `read`; what makes an unreadable picture unreadable.
  func check() throws {
    switch self {
    case .file(let path): try Self.check(path, bytes: 1)
    case .section(let file, let bytes, _): try Self.check(file, bytes: bytes.upperBound)
    case .unreadable(let error): throw error
    case .bytes, .deferred, .image, .tensor: break
    }
  }

  private static func check(_ path: String, bytes: Int) throws {
    guard access(path, R_OK) == 0 else { throw FileIO.lastError("open", path).with(stage: .read) }
    guard !FileIO.isFolder(path) else {
      throw TesseraError(
        .io(operation: "read", code: EISDIR, message: "it is a folder"), path: path, stage: .read)
    }
    guard let size = FileIO.size(path), size < bytes else { return }
    throw TesseraError(
      .truncated(format: "the file", expected: bytes > 1 ? bytes : nil, got: size, unit: "bytes"), path: path,
      stage: .read)
  }
}

extension TesseraError {
  /// The error itself, or another library's in words.
  init(wrapping error: any Error) {
    self = error as? TesseraError ?? TesseraError(.io(operation: "sample", code: 0, message: "\(error)"))
  }
}
