/// Where records lie in a file: eight bytes each in files under 4 GiB, else sixteen.
package struct SpanTable: Sendable {
  /// Starts and ends by turns.
  private var ends: Ends
  private enum Ends: Sendable {
    case narrow([UInt32])
    case wide([Int])
  }

  /// - Parameter size: of the file; no span ends behind it.
  package init(size: Int) { ends = size <= UInt32.max ? .narrow([]) : .wide([]) }

  package var count: Int {
    switch ends {
    case .narrow(let ends): ends.count / 2
    case .wide(let ends): ends.count / 2
    }
  }

  package mutating func append(_ span: Range<Int>) {
    switch ends {
    case .narrow(var list):
      // The array is taken out of the enumeration while it grows, or every append would copy it.
      ends = .wide([])
      list.append(UInt32(span.lowerBound))
      list.append(UInt32(span.upperBound))
      ends = .narrow(list)
    case .wide(var list):
      ends = .narrow([])
      list.append(span.lowerBound)
      list.append(span.upperBound)
      ends = .wide(list)
    }
  }

  /// Traps outside of 0..<count.
  package subscript(index: Int) -> Range<Int> {
    switch ends {
    case .narrow(let ends): Int(ends[2 * index])..<Int(ends[2 * index + 1])
    case .wide(let ends): ends[2 * index]..<ends[2 * index + 1]
    }
  }
}
