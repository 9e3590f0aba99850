private import Foundation
internal import TesseraCore

/// Connections that threads borrow, one each, and give back open.
// @unchecked: the lists are touched only between `lock` and `unlock`.
final class ConnectionPool: @unchecked Sendable {
  private let condition = NSCondition()
  private let limit: Int
  private var idle: [HTTPConnection] = []
  private var borrowed = 0

  /// - Parameter limit: the most connections at once.
  init(limit: Int) { self.limit = limit }

  /// Calls `body` with a connection; waits while all are in use.
  ///
  /// - Throws: `outOfMemory`; what `body` throws.
  func withConnection<R>(_ body: (HTTPConnection) throws -> R) throws -> R {
    let connection = try borrow()
    defer { giveBack(connection) }
    return try body(connection)
  }

  private func borrow() throws -> HTTPConnection {
    condition.lock()
    defer { condition.unlock() }
    while borrowed >= limit { condition.wait() }
    // The one given back last: its server has not yet hung up.
    let connection = try idle.popLast() ?? HTTPConnection()
    borrowed += 1
    return connection
  }

  private func giveBack(_ connection: HTTPConnection) {
    condition.lock()
    idle.append(connection)
    borrowed -= 1
    condition.signal()
    condition.unlock()
  }
}
