private import CHTTP
internal import TesseraCore

/// One of libcurl's connections, which stays open between requests.
// @unchecked: the pool hands it to one thread at a time.
final class HTTPConnection: @unchecked Sendable {
  private let connection: OpaquePointer

  /// What a request asks for, but for the URL.
  struct Request {
    /// Nil for the whole object.
    var range: Range<Int>?
    var options: RemoteOptions
  }

  /// Takes an answer's body part by part.
  protocol Receiver: AnyObject {
    /// Returns whether the transfer goes on.
    func receive(_ bytes: UnsafeRawBufferPointer, of response: HTTPResponse) -> Bool
    /// Called about once a second, also where nothing comes.
    func tick()
  }

  /// - Throws: `outOfMemory`.
  init() throws {
    guard let connection = ch_connection_new() else { throw TesseraError(.outOfMemory(bytes: 1 << 16)) }
    self.connection = connection
  }

  deinit { ch_connection_free(connection) }

  /// Makes a request, and waits for its end.
  func get(_ url: RemoteURL, _ request: Request, into receiver: any Receiver) -> HTTPResponse {
    var raw = ch_response()
    let context = Context(receiver)
    let status = url.withSecret { url in
      Self.withOptionalCString(request.options.authorities) { authorities in
        "tessera/\(TesseraVersion.current)".withCString { agent in
          var wanted = ch_request()
          wanted.url = url
          wanted.first = Int64(request.range?.lowerBound ?? 0)
          wanted.last = Int64(request.range?.upperBound ?? 0) - 1
          wanted.authorities = authorities
          wanted.user_agent = agent
          wanted.connect_milliseconds = Int64(request.options.connectSeconds * 1000)
          wanted.stall_seconds = Int64(request.options.stallSeconds)
          wanted.slowest = 1000
          wanted.redirects = Int32(request.options.redirects)
          return withExtendedLifetime(context) {
            ch_get(
              connection, &wanted, Self.body, Self.tick, Unmanaged.passUnretained(context).toOpaque(), &raw)
          }
        }
      }
    }
    return HTTPResponse(raw, end: HTTPResponse.End(status))
  }

  private static func withOptionalCString<R>(
    _ text: String?, _ body: (UnsafePointer<CChar>?) -> R
  ) -> R {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
  }

  /// What the C callback finds its receiver by.
  private final class Context {
    let receiver: any Receiver
    /// Made once a response: its texts are copies.
    var response: HTTPResponse?

    init(_ receiver: any Receiver) { self.receiver = receiver }
  }

  private static let tick: ch_tick = { context in
    guard let context else { return }
    Unmanaged<Context>.fromOpaque(context).takeUnretainedValue().receiver.tick()
  }

  private static let body: ch_body = { bytes, count, response, context in
    guard let context, let response else { return 0 }
    let own = Unmanaged<Context>.fromOpaque(context).takeUnretainedValue()
    let head = own.response ?? HTTPResponse(response.pointee, end: .complete)
    own.response = head
    return own.receiver.receive(UnsafeRawBufferPointer(start: bytes, count: count), of: head) ? 1 : 0
  }
}
