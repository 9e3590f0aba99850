private import Foundation
public import TesseraCore

extension Dataset {
  /// - Complexity: O(samples).
  public func validate(checkingFiles: Bool) -> [TesseraError] {
    faultsOfSamples(checkingFiles: checkingFiles)
  }

  /// `validate(checkingFiles: true)`.
  public func validate() -> [TesseraError] { validate(checkingFiles: true) }

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
    case .remote(let file, let bytes, _): try file.check(bytes)
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
    guard let size = FileIO.size(path) else {
      throw TesseraError(
        .io(operation: "read", code: EINVAL, message: "it is no regular file"), path: path, stage: .read)
    }
    guard size < bytes else { return }
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
