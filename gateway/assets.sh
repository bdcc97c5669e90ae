# assets.sh FILE...: C on standard output with the bytes of the files, for
# gateway/asset.h.

echo '#include "gateway/asset.h"'
i=0
for file; do
	echo "static const char asset_$i[] ="
	od -An -v -to1 "$file" | sed 's/  */\\/g; s/.*/"&"/'
	echo ';'
	i=$((i + 1))
done
echo 'const struct asset assets[] = {'
i=0
for file; do
	echo "{ \"${file##*/}\", asset_$i, sizeof(asset_$i) - 1 },"
	i=$((i + 1))
done
echo '{ 0, 0, 0 } };'
