#pragma once
// See rendezvous/store.h.

namespace gloo {

class Algorithm;
class Context;

namespace transport {
class Device;
class UnboundBuffer;
}  // namespace transport

}  // namespace gloo
