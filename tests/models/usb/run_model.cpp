// SPDX-License-Identifier: Apache-2.0
#include "models/usb/run_model.hpp"

#include <glib-unix.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "models/control_socket.hpp"

namespace model {
namespace {

gboolean on_control(gint listener, GIOCondition, gpointer data) {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return G_SOURCE_CONTINUE;
  const timeval patience{2, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string line;
  char c = 0;
  while (line.size() < 500 && ::read(fd, &c, 1) == 1 && c != '\n') line += c;
  std::string answer = (*static_cast<std::function<std::string(const std::string&)>*>(data))(line) + "\n";
  static_cast<void>(!::write(fd, answer.data(), answer.size()));
  ::close(fd);
  return G_SOURCE_CONTINUE;
}

}  // namespace

int run_model(const std::string& address, const std::string& control,
              std::function<std::string(const std::string&)> command) {
  const int listener = listen_at(control);
  if (listener < 0) return 1;
  g_unix_fd_add(listener, G_IO_IN, &on_control, &command);
  GMainLoop* const loop = g_main_loop_new(nullptr, FALSE);
  g_unix_signal_add(
      SIGTERM,
      [](gpointer l) -> gboolean {
        g_main_loop_quit(static_cast<GMainLoop*>(l));
        return G_SOURCE_REMOVE;
      },
      loop);
  std::printf("ready %s\n", address.c_str());
  std::fflush(stdout);
  g_main_loop_run(loop);
  g_main_loop_unref(loop);
  ::close(listener);
  return 0;
}

}  // namespace model
