private import Foundation

/// How a command treats the streams that the system gave it.
package enum ProcessOutput {
  /// To be called first: a file that grows over the limit (`ulimit -f`) makes a write fail, which is an error like any
  /// other, instead of ending the process in the middle of it.
  package static func prepare() { signal(SIGXFSZ, SIG_IGN) }

  /// Brings what was printed to its end. Results that cannot be written (a full disk) are a failure: says so as `tool`,
  /// and ends the process with status 1.
  package static func finish(_ tool: String) {
    guard fflush(nil) != 0 else { return }
    let reason = String(cString: strerror(errno))
    Talk.say("\(tool): the results could not be written to the standard output: \(reason)")
    exit(1)
  }
}
