#pragma once

#include "messages/histogram.hpp"
#include "messages/metric.hpp"
#include "messages/value.hpp"

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The samples of one moment, put together by those who have them and written in one of two forms.
/// Not thread-safe.
class metric_page {
public:
  /// `labels`: as many texts as the family has labels, in its order.
  void add(metric of, std::initializer_list<std::string_view> labels, double number);
  void add(metric of, double number) { add(of, {}, number); }
  void add(metric of, std::initializer_list<std::string_view> labels, histogram_reading counted);

  /// Text exposition of Prometheus, version 0.0.4; families in the order of the table, those
  /// without samples left out.
  [[nodiscard]] std::string text() const;
  /// The list `families` of the verb `metrics` (docs/protocol.md).
  [[nodiscard]] value families() const;

private:
  struct sample {
    std::vector<std::string> labels;
    double number = 0;
    histogram_reading counted; ///< of a histogram
  };
  std::map<metric, std::vector<sample>> samples_;
};

/// The content type that goes with `metric_page::text`.
inline constexpr std::string_view metric_text_type = "text/plain; version=0.0.4; charset=utf-8";

/// The same text from a node's answer to the verb `metrics`, every sample with a label more, so
/// that the pages of several nodes can be put together: families are only headed once.
[[nodiscard]] std::string metric_text_of(const std::vector<value>& answers);

} // namespace troupe
