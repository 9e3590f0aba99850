#pragma once
// What c10d names of Gloo without looking into it; see rendezvous/store.h.

namespace gloo {

class Algorithm;
class Context;

namespace transport {
class Device;
class UnboundBuffer;
}  // namespace transport

}  // namespace gloo
