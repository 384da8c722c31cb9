// Lists of integers.

#include "library.h"

uint64_t list_average(const uint64_t *list, size_t length) {
    return length == 0 ? 0 : list_sum(list, length) / length;
}

size_t list_binary_search(const uint64_t *list, size_t length, uint64_t item) {
    size_t low = 0, high = length;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle] < item) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < length && list[low] == item ? low : length;
}

bool list_contains(const uint64_t *list, size_t length, uint64_t item) {
    return list_find(list, length, item) < length;
}

void list_copy(uint64_t *to, const uint64_t *from, size_t length) {
    for (size_t i = 0; i < length; i++) {
        to[i] = from[i];
    }
}

size_t list_count(const uint64_t *list, size_t length, uint64_t item) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += list[i] == item;
    }
    return count;
}

uint64_t list_dot_product(const uint64_t *a, const uint64_t *b, size_t length) {
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

bool list_equal(const uint64_t *a, const uint64_t *b, size_t length) {
    size_t i = 0;
    while (i < length && a[i] == b[i]) {
        i++;
    }
    return i == length;
}

void list_fill(uint64_t *list, size_t length, uint64_t item) {
    for (size_t i = 0; i < length; i++) {
        list[i] = item;
    }
}

size_t list_find(const uint64_t *list, size_t length, uint64_t item) {
    size_t i = 0;
    while (i < length && list[i] != item) {
        i++;
    }
    return i;
}

size_t list_find_last(const uint64_t *list, size_t length, uint64_t item) {
    for (size_t i = length; i > 0; i--) {
        if (list[i - 1] == item) {
            return i - 1;
        }
    }
    return length;
}

bool list_is_sorted(const uint64_t *list, size_t length) {
    size_t i = 1;
    while (i < length && list[i - 1] <= list[i]) {
        i++;
    }
    return i >= length;
}

uint64_t list_maximum(const uint64_t *list, size_t length) {
    uint64_t maximum = 0;
    for (size_t i = 0; i < length; i++) {
        maximum = list[i] > maximum ? list[i] : maximum;
    }
    return maximum;
}

// The lower of the two middle items where the length is even.
uint64_t list_median(const uint64_t *sorted, size_t length) {
    return length == 0 ? 0 : sorted[(length - 1) / 2];
}

uint64_t list_minimum(const uint64_t *list, size_t length) {
    uint64_t minimum = UINT64_MAX;
    for (size_t i = 0; i < length; i++) {
        minimum = list[i] < minimum ? list[i] : minimum;
    }
    return minimum;
}

uint64_t list_product(const uint64_t *list, size_t length) {
    uint64_t product = 1;
    for (size_t i = 0; i < length; i++) {
        product *= list[i];
    }
    return product;
}

// Takes every `item` out and returns the new length.
size_t list_remove(uint64_t *list, size_t length, uint64_t item) {
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        if (list[i] != item) {
            list[kept++] = list[i];
        }
    }
    return kept;
}

void list_reverse(uint64_t *list, size_t length) {
    for (size_t i = 0; i < length / 2; i++) {
        uint64_t item = list[i];
        list[i] = list[length - 1 - i];
        list[length - 1 - i] = item;
    }
}

// Insertion sort: the lists are short.
void list_sort(uint64_t *list, size_t length) {
    for (size_t i = 1; i < length; i++) {
        uint64_t item = list[i];
        size_t position = i;
        for (; position > 0 && list[position - 1] > item; position--) {
            list[position] = list[position - 1];
        }
        list[position] = item;
    }
}

uint64_t list_sum(const uint64_t *list, size_t length) {
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        sum += list[i];
    }
    return sum;
}

// Keeps one of each run of equal items and returns the new length.
size_t list_unique(uint64_t *sorted, size_t length) {
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        if (i == 0 || sorted[i] != sorted[kept - 1]) {
            sorted[kept++] = sorted[i];
        }
    }
    return kept;
}
