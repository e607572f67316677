#include <lucid.h>

int main(void)
{
    print("hello from %s\n", component_name());
    return 0;
}
