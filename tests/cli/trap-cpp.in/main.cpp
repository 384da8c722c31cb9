#include <cstdio>
#include <memory>
#include <vector>

struct Shape {
    virtual ~Shape() = default;
    virtual int share(int of) const = 0;
};

struct Square : Shape {
    int side;
    explicit Square(int side) : side(side) {}
    int share(int of) const override {
        return side * side / of;
    }
};

struct Dot : Shape {
    int share(int) const override { return 0; }
};

int main(int argc, char **) {
    std::vector<std::unique_ptr<Shape>> shapes;
    shapes.push_back(std::make_unique<Dot>());
    shapes.push_back(std::make_unique<Square>(argc));
    int sum = 0;
    for (const auto &shape : shapes)
        sum += shape->share(argc - 1);
    std::printf("%d\n", sum);
}
